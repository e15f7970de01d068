/** Writes the systemd units of `sallyport mirror refresh`. */
import { mkdir } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { serviceText, timerText, UNIT } from "../../mirror/login/units.js";
import type { Context } from "../context.js";

/** Where things are, and which profile: nothing secret. Credentials come from the profile or the machine's role. */
const KEPT = [
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  "XDG_CONFIG_HOME",
  "XDG_STATE_HOME",
  "PIP_CONFIG_FILE",
  "UV_CONFIG_FILE",
  "NETRC",
  "POETRY_CONFIG_DIR",
  "NPM_CONFIG_USERCONFIG",
];

export async function installTimer(
  context: Context,
  { system, print }: { readonly system: boolean; readonly print: boolean },
): Promise<void> {
  const { env } = context;
  const home = env.HOME || homedir();
  const environment = Object.fromEntries(
    ["HOME", ...KEPT].flatMap((name) => {
      const value = name === "HOME" ? home : env[name];
      return value === undefined || value === "" ? [] : [[name, value] as const];
    }),
  );
  const script = resolve(process.argv[1] ?? "sallyport");
  const command = [process.execPath, script, "mirror", "refresh", "--quiet"];
  const files = {
    [`${UNIT}.service`]: serviceText(defined({ command, environment, user: system ? userInfo().username : undefined })),
    [`${UNIT}.timer`]: timerText(),
  };
  if (print) {
    context.print(files, () =>
      Object.entries(files)
        .map(([name, text]) => `# ${name}\n${text}`)
        .join("\n"),
    );
    return;
  }
  const xdg = env.XDG_CONFIG_HOME;
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".config");
  const dir = system ? "/etc/systemd/system" : join(config, "systemd", "user");
  await mkdir(dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) await replaceFile(join(dir, name), text, 0o644);
  const ctl = system ? "systemctl" : "systemctl --user";
  const paths = Object.keys(files).map((name) => join(dir, name));
  const start = `${ctl} daemon-reload && ${ctl} enable --now ${UNIT}.timer`;
  context.print({ files: paths, start }, () =>
    [...paths.map((path) => `wrote ${path}`), `start it: ${start}`].join("\n"),
  );
  if (env.AWS_ACCESS_KEY_ID)
    context.warn(
      "AWS_ACCESS_KEY_ID is set here and will not be there: give the timer a profile, or the machine a role",
    );
}
