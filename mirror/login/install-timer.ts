/** The systemd units of `sallyport mirror refresh`, with this machine's values in them. */
import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { homeOf } from "../../base/home.js";
import type { Environment } from "./tool.js";
import { serviceText, timerText, UNIT } from "./units.js";

/** Paths and the profile: nothing secret. Credentials come from the profile or the machine's role. */
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

export interface TimerOptions {
  readonly env: Environment;
  /** For the system's systemd, to run as this user, instead of the user's own. */
  readonly system: boolean;
}

/** Texts by file name. */
export type TimerUnits = Readonly<Record<string, string>>;

export function timerUnits({ env, system }: TimerOptions): TimerUnits {
  const kept = KEPT.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  const environment = Object.fromEntries([["HOME", homeOf(env)] as const, ...kept]);
  const script = resolve(process.argv[1] ?? "sallyport");
  const command = [process.execPath, script, "mirror", "refresh", "--quiet"];
  const user = system ? userInfo().username : undefined;
  return {
    [`${UNIT}.service`]: serviceText(defined({ command, environment, user })),
    [`${UNIT}.timer`]: timerText(),
  };
}

/** Writes the units. @returns their paths, and the command that starts the timer. */
export async function installTimer(
  units: TimerUnits,
  { env, system }: TimerOptions,
): Promise<{ readonly files: readonly string[]; readonly start: string }> {
  const xdg = env.XDG_CONFIG_HOME;
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeOf(env), ".config");
  const dir = system ? "/etc/systemd/system" : join(config, "systemd", "user");
  await makeDir(dir);
  for (const [name, text] of Object.entries(units)) await replaceFile(join(dir, name), text, 0o644);
  const systemctl = system ? "systemctl" : "systemctl --user";
  return {
    files: Object.keys(units).map((name) => join(dir, name)),
    start: `${systemctl} daemon-reload && ${systemctl} enable --now ${UNIT}.timer`,
  };
}
