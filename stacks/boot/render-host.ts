/**
 * Renders the boot script of an accelerator host. Pure: the options are its only input.
 *
 * Promises: the script fits EC2's user data. It may run any number of times and always ends with the same host. No
 * value can break out of its quotes, and files travel as base64. It contains no secret, and no credential is ever an
 * argument of a program. It needs systemd, curl >= 7.87, tar, gzip and coreutils.
 */
import { stringify } from "yaml";
import { defined } from "../../base/defined.js";
import { shellQuote } from "../../base/text/shell.js";
import type { HostDir } from "../../config/schema.js";
import type { AgentSettings } from "./agent-settings.js";
import * as errors from "./errors.js";
import { configBoot, scriptBoot } from "./init/boot.js";
import * as initErrors from "./init/errors.js";
import type { InitFiles } from "./init/init-files.js";
import { bootPart } from "./part.js";
import { assignments, base64, MAX_USER_DATA_BYTES, prologue, SERVICE_HOME, SYSUSERS } from "./user-data.js";

export interface BootScriptOptions {
  /** Name of the host, which its agent reports. @default - the instance id, looked up at boot */
  readonly host?: string;
  /** Login user, who shares the authorized directories with the agent. */
  readonly sshUser: string;
  readonly region: string;
  readonly archive: { readonly url: string; readonly sha256: string };
  /** PEM. @default - plain HTTP */
  readonly certificate?: string;
  readonly tlsKeyParameter?: string;
  /** @default - `auth: none` */
  readonly tokenParameter?: string;
  /** @default - ~/shared, read and write */
  readonly directories?: readonly HostDir[];
  readonly endpointUrl?: string;
  /** @default false */
  readonly serveAddresses?: boolean;
  /** Further settings of the agent. @default - its own defaults */
  readonly settings?: AgentSettings;
  /** The user's own script and configuration. @default - neither */
  readonly init?: InitFiles;
}

/** Placeholder in agent.yaml for the name that a fleet member gives itself; name-itself.sh replaces it. */
const NO_NAME_YET = "INSTANCE-ID";
const DEFAULT_DIRECTORIES: readonly HostDir[] = [{ path: "~/shared", mode: "rw", name: "shared" }];

export function bootScript(options: BootScriptOptions): string {
  const directories = (options.directories ?? DEFAULT_DIRECTORIES).map((directory) => ({
    ...directory,
    place: placeOf(directory.path),
  }));
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(options.sshUser)) throw errors.unsafeValue("sshUser", options.sshUser);
  const text = [
    ...prologue("Makes this machine an accelerator host of Sallyport."),
    ...assignments({
      ...defined({ host: options.host }),
      region: options.region,
      archive_url: options.archive.url,
      archive_sha256: options.archive.sha256,
      ssh_user: options.sshUser,
      first_dir: directories[0]?.place ?? "",
      [options.host === undefined ? "agent_template" : "agent_yaml"]: base64(agentYaml(options)),
      tls_crt: base64(options.certificate ?? ""),
      sysusers_conf: base64(SYSUSERS),
      drop_in: base64(dropIn(directories)),
    }),
    `readonly dirs=(${directories.map(({ place }) => shellQuote(place)).join(" ")})`,
    "",
    bootPart("functions"),
    ...(options.host === undefined ? [bootPart("name-itself")] : []),
    ...configBoot(options.init),
    bootPart("host"),
    ...scriptBoot(options.init),
  ].join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_USER_DATA_BYTES && options.init !== undefined)
    throw initErrors.tooLong(bytes - MAX_USER_DATA_BYTES, MAX_USER_DATA_BYTES);
  if (bytes > MAX_USER_DATA_BYTES) throw errors.userDataTooLong(bytes, MAX_USER_DATA_BYTES);
  return text;
}

/** `/etc/sallyport/agent.yaml`. */
export function agentYaml(options: BootScriptOptions): string {
  const { tlsKeyParameter, tokenParameter } = options;
  const secrets = defined({
    region: options.region,
    endpoint_url: options.endpointUrl,
    tls_key_parameter: tlsKeyParameter,
    token_parameter: tokenParameter,
  });
  return stringify({
    name: options.host ?? NO_NAME_YET,
    listen: { address: "::", https_port: 443, http_port: 80 },
    tls: options.certificate === undefined ? false : { cert: "/etc/sallyport/tls.crt", key: "credential:tls.key" },
    ...(tokenParameter === undefined ? { auth: "none" } : { auth: "token", token: "credential:token" }),
    authorized_host_dirs: (options.directories ?? DEFAULT_DIRECTORIES).map(({ name, path, mode }) => ({
      name,
      path,
      mode,
    })),
    ...defined({ serve_addresses: options.serveAddresses === true ? true : undefined }),
    ...settingsYaml(options),
    // Present even with nothing to fetch: the fetching unit runs regardless, and writes empty files.
    secrets,
  });
}

function settingsYaml({ settings = {}, region, endpointUrl }: BootScriptOptions): object {
  const { autostop, ...others } = settings;
  if (autostop === undefined) return others;
  const where = defined({ region, endpoint_url: endpointUrl });
  return { ...others, autostop: { ...autostop, ...where } };
}

function placeOf(path: string): string {
  // Characters with a meaning for systemd, mount lists or path walks. The configuration refuses them earlier, with
  // their line.
  const unsafe = /[\p{Cc}\s"'\\$%:;]|(?:^|\/)\.\.(?:\/|$)/u.test(path) || !/^(?:~$|~\/|\/)/.test(path);
  if (unsafe) throw errors.unsafeValue("authorized_host_dirs", path);
  return path.startsWith("~") ? `${SERVICE_HOME}${path.slice(1)}` : path;
}

/** Directories that the agent's unit replaces with its own empty ones. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)(?:\/|$)/;

/** Opens the agent's sandbox for directories outside its home, and closes the read-only ones inside. */
function dropIn(directories: readonly { readonly place: string; readonly mode: "rw" | "ro" }[]): string {
  const lines = directories.flatMap(({ place, mode }) => {
    const isRw = mode === "rw";
    if (HIDDEN.test(place)) return `${isRw ? "BindPaths" : "BindReadOnlyPaths"}=${place}`;
    const isInHome = place === SERVICE_HOME || place.startsWith(`${SERVICE_HOME}/`);
    return isRw && isInHome ? [] : `${isRw ? "ReadWritePaths" : "ReadOnlyPaths"}=${place}`;
  });
  return ["[Service]", ...lines, ""].join("\n");
}
