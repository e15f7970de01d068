/** The user's home directory. */
import { homedir, userInfo } from "node:os";
import { isAbsolute } from "node:path";
import { Fault } from "./fault.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** $HOME, if it is usable: an empty or relative one would put keys into the working directory. */
export function givenHome({ HOME }: Environment): string | undefined {
  return HOME !== undefined && isAbsolute(HOME) ? HOME : undefined;
}

/** $HOME, or the home in the password database. @throws Fault `home/unknown` */
export function homeOf(env: Environment): string {
  try {
    // Node's `homedir` believes any $HOME of this process.
    return givenHome(env) ?? givenHome({ HOME: homedir() }) ?? userInfo().homedir;
  } catch (error) {
    throw new Fault("home/unknown", "this user has no home directory", {
      hint: "set HOME to an absolute path",
      cause: error,
    });
  }
}

/** Replaces an unusable $HOME, for libraries and programs that believe it. Without another home, it is removed. */
export function repairHome(env: NodeJS.ProcessEnv): void {
  if (env.HOME === undefined || givenHome(env) !== undefined) return;
  delete env.HOME;
  try {
    env.HOME = homeOf({});
  } catch {
    // What needs a home says so itself.
  }
}
