/** The bundled gateway, as it is shipped: a process of its own that shares a namespace's network and nothing else of it. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withParentDeath } from "../../../base/process/spawn.js";
import type { NetNamespace } from "../../../local/network/net-namespace.js";
import { makeCertificate } from "../../agent/support/certificate.js";
import { type Program, startCommand } from "../../agent/support/program.js";
import { root } from "../../support/cli.js";
import { ISSUER, SECRET } from "./gateway.js";

const SHIPPED = join(root, "dist/runtime/gateway.mjs");

export interface DaemonSetup {
  /** Made already; everything lies in it. */
  readonly dir: string;
  /** Of the certificate, as in `IP:198.51.100.1`. */
  readonly names: string;
  /** The keys of gateway.yaml that are this test's own, as YAML. */
  readonly settings: string;
}

/** Writes `cert`, `key`, `secret` and `gateway.yaml`. */
export function writeDaemonFiles({ dir, names, settings }: DaemonSetup): void {
  const { cert, key } = makeCertificate(names);
  writeFileSync(join(dir, "cert"), cert);
  writeFileSync(join(dir, "key"), key, { mode: 0o600 });
  writeFileSync(join(dir, "secret"), SECRET, { mode: 0o600 });
  writeFileSync(
    join(dir, "gateway.yaml"),
    `name: lab
tls: { cert: "${dir}/cert", key: "${dir}/key" }
wan: wan0
lan: lan0
forwards: { sources: anywhere, expires_seconds: never }
auth: { issuer: "${ISSUER}", key: "${dir}/secret" }
${settings}`,
  );
}

/** @returns when it listens; its pid is the daemon's own. It ends with this process at the latest. */
export async function startDaemon(
  namespace: NetNamespace,
  dir: string,
  { bundle = SHIPPED, env = {} }: { readonly bundle?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Program> {
  if (!existsSync(bundle)) throw new Error(`${bundle} is not built: run "npm run build"`);
  const serve = [process.execPath, bundle, "serve", "--config", join(dir, "gateway.yaml")];
  // setpriv becomes nsenter, which becomes the daemon: who kills the process kills the daemon itself.
  const program = startCommand(withParentDeath(namespace.enter(serve)), { PATH: process.env.PATH, HOME: dir, ...env });
  await program.event("listening");
  return program;
}
