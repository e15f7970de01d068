/**
 * Provides the gateway's packages without a download, since the host's view shares /usr with this machine. It hides the
 * files that package installation created elsewhere (a database cluster, log directories), so the first boot recreates
 * them.
 */
import { run } from "../../base/process/run.js";
import { findProgram } from "../../base/tools.js";
import { PACKAGES } from "../../stacks/boot/render-gateway.js";

/** @returns one line with the missing packages, or undefined. */
export async function missingPackages(): Promise<string | undefined> {
  if (findProgram("dpkg-query") === undefined) return "its packages are Debian's, and there is no dpkg here";
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...PACKAGES]);
  const installed = new Set(stdout.split("\n").flatMap((line) => /^(\S+) installed$/.exec(line)?.[1] ?? []));
  const missing = PACKAGES.filter((name) => !installed.has(name));
  return missing.length === 0
    ? undefined
    : `not installed: ${missing.join(", ")} (apt-get install ${missing.join(" ")})`;
}

/** Shell code for the first boot, before the user data: repeats the packages' post-install scripts. */
export const POST_INSTALL = `
rm -rf /etc/postgresql
install -d -o postgres -g postgres /var/lib/postgresql
install -d -m 1775 -g postgres /var/log/postgresql
install -d -m 0750 -o ulog -g adm /var/log/ulog
for server in /usr/lib/postgresql/*/bin/initdb; do
  server=\${server%/bin/initdb}
  pg_createcluster -u postgres --no-status "\${server##*/}" main
done
systemctl daemon-reload
`;
