/** Resolves layers to the configuration: the pure core of config/, without files, clock or network. */
import { resolve } from "node:path";
import { defined } from "../base/defined.js";
import { checkLayer } from "./checks/check-layer.js";
import { checkTogether, warnTogether } from "./checks/check-together.js";
import { nestedDirWarnings, resolveHostDirs } from "./host-dirs.js";
import { type Merged, mergeLayers } from "./merge.js";
import { type Layer, type Origins, pointerStep } from "./origin.js";
import { gatewayPaths } from "./schema/gateway.js";
import { STOP_MODES } from "./schema/hosts.js";
import type { Config, ConfigFile, ConfigKey, KeyPairConfig } from "./schema.js";

export interface Resolved {
  readonly config: Config;
  readonly origins: Origins;
  readonly warnings: readonly string[];
  /** Place of a value in effect, given as a JSON pointer (`/ingress/0/cidr`). */
  readonly placeOf: (pointer: string) => string;
}

/**
 * @param layers from the weakest to the strongest.
 * @throws Fault (exit status 2) for the first error.
 */
export function resolveConfig(layers: readonly Layer[], home: string): Resolved {
  for (const layer of layers) checkLayer(layer);
  const merged = mergeLayers(layers);
  checkTogether(merged);
  const config = toConfig(merged, home);
  return {
    config,
    origins: merged.origins,
    warnings: [...warnTogether(merged), ...nestedDirWarnings(config.authorized_host_dirs)],
    placeOf: (pointer) => merged.sources[(pointer.split("/")[1] ?? "") as ConfigKey]?.where(pointer) ?? "built in",
  };
}

function toConfig({ values, sources }: Merged, home: string): Config {
  const path = (key: ConfigKey, written: string) => localPath(written, sources[key]?.base ?? ".", home);
  const { ssl_cert_crt, ssl_cert_key, auth_token_file, caller, authorized_host_dirs, ...others } = values;
  const { key_pair = "", stop_mode, policy, init_script, init_config, ...rest } = others;
  const dirPlace = (index: number) =>
    sources.authorized_host_dirs?.where(`/authorized_host_dirs${pointerStep(index)}`) ?? "authorized_host_dirs";
  const config = {
    ...rest,
    caller: caller === "auto" ? caller : [caller].flat().map((address) => address?.trim()),
    ssl_cert_crt: typeof ssl_cert_crt === "string" ? path("ssl_cert_crt", ssl_cert_crt) : ssl_cert_crt,
    ssl_cert_key: path("ssl_cert_key", ssl_cert_key ?? ""),
    auth_token_file: path("auth_token_file", auth_token_file ?? ""),
    authorized_host_dirs: resolveHostDirs(authorized_host_dirs ?? [], dirPlace),
    key_pair: keyPair(key_pair, (written) => path("key_pair", written)),
    ...defined({
      stop_mode: stop_mode === undefined ? undefined : STOP_MODES[stop_mode],
      policy: policy === undefined ? undefined : [policy].flat(),
      init_script: init_script === undefined ? undefined : path("init_script", init_script),
      init_config:
        init_config === undefined
          ? undefined
          : typeof init_config === "string"
            ? path("init_config", init_config)
            : init_config,
    }),
  };
  for (const key of gatewayPaths)
    if (values[key] !== undefined) Object.assign(config, { [key]: path(key, values[key]) });
  // The weakest layer is the built-in one, which has every key that Config requires.
  return config as Config;
}

function keyPair(written: NonNullable<ConfigFile["key_pair"]>, path: (written: string) => string): KeyPairConfig {
  if (typeof written === "string") return written;
  const key = written.private_key === undefined ? {} : { private_key: path(written.private_key) };
  return "name" in written ? { name: written.name, ...key } : { public_key: path(written.public_key), ...key };
}

/** `~` is the user's home; a relative path is relative to the file that contains it. */
function localPath(written: string, base: string, home: string): string {
  if (written === "~") return home;
  return written.startsWith("~/") ? resolve(home, written.slice(2)) : resolve(base, written);
}
