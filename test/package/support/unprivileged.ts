/** A user without rights, with a home of their own and nothing of this machine's settings. */
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResult } from "../../../base/process/run.js";
import type { NetNamespace } from "../../../local/network/net-namespace.js";
import { HANGS_MS, run } from "../../support/run.js";

/** Debian's `nobody`: ssh refuses a user id without a name. */
const NOBODY = 65_534;

export interface RunAs {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The machine on which they sit. @default this one */
  readonly machine?: NetNamespace;
}

export class Unprivileged {
  private constructor(
    /** All of theirs lies below. */
    readonly dir: string,
    private readonly isRoot: boolean,
  ) {}

  static async create(): Promise<Unprivileged> {
    const user = new Unprivileged(await mkdtemp(join(tmpdir(), "sallyport-user-")), process.getuid?.() === 0);
    // They pass through it and see only what is theirs.
    await chmod(user.dir, 0o711);
    await user.makeDir("home");
    return user;
  }

  get home(): string {
    return join(this.dir, "home");
  }

  /** Where `npm install --global` puts commands and man pages. */
  get prefix(): string {
    return join(this.home, ".npm-global");
  }

  get path(): string {
    return `${this.prefix}/bin:/usr/local/bin:/usr/bin:/bin`;
  }

  /** An empty directory of theirs. */
  async makeDir(name: string): Promise<string> {
    const path = join(this.dir, name);
    await mkdir(path, { mode: 0o755 });
    if (this.isRoot) await chown(path, NOBODY, NOBODY);
    return path;
  }

  run(program: string, args: readonly string[], how: RunAs): Promise<RunResult> {
    const become = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"];
    return this.runAsOwner(...splitFirst([...(this.isRoot ? become : []), program, ...args]), how);
  }

  /** As the user of the tests, with the same environment. */
  runAsOwner(program: string, args: readonly string[], { cwd, env, machine }: RunAs): Promise<RunResult> {
    const options = {
      cwd,
      env: {
        PATH: this.path,
        HOME: this.home,
        LANG: "C.UTF-8",
        NO_COLOR: "1",
        npm_config_prefix: this.prefix,
        npm_config_update_notifier: "false",
        ...env,
      },
      inheritEnv: false,
      timeoutMs: HANGS_MS,
    };
    return machine === undefined ? run(program, args, options) : machine.run(program, args, options);
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }
}

function splitFirst([first = "", ...rest]: readonly string[]): [string, string[]] {
  return [first, rest];
}
