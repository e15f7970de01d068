/**
 * Network namespaces without a name. Each lives as long as its holder process, which cannot outlive us. Nothing is
 * written under /run/netns, so nothing can be left there.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readlink } from "node:fs/promises";
import { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { errno, Fault } from "../../base/fault.js";
import { type RunOptions, type RunResult, run, runOk } from "../../base/process/run.js";
import { endChild, spawnWithParentDeath, withParentDeath } from "../../base/process/spawn.js";
import { roomProgram } from "../../base/tools.js";

export class NetNamespace {
  private constructor(
    readonly name: string,
    private readonly holder: ChildProcess,
    /** The holder process; `/proc/<pid>/ns/net` is the namespace. */
    readonly pid: number,
    /** `net:[4026532281]` */
    private readonly id: string,
  ) {}

  static async open(name: string): Promise<NetNamespace> {
    const holder = spawnWithParentDeath(["unshare", "--net", "--", "sleep", "infinity"]);
    const failed = once(holder, "error").then(([error]) => Promise.reject(error));
    failed.catch(() => undefined);
    const { pid } = holder;
    if (pid === undefined) return failed;
    const ours = await readlink("/proc/self/ns/net");
    let id: string;
    for (;;) {
      const theirs = await readlink(`/proc/${pid}/ns/net`).catch(() => undefined);
      if (theirs !== undefined && theirs !== ours) {
        id = theirs;
        break;
      }
      if (holder.exitCode !== null) throw new Fault("local/no-namespace", `cannot make network namespace "${name}"`);
      await delay(5);
    }
    const namespace = new NetNamespace(name, holder, pid, id);
    await namespace.runOk("ip", ["link", "set", "lo", "up"]);
    return namespace;
  }

  /** The command line that runs `command` inside. */
  enter(command: readonly string[]): string[] {
    return ["nsenter", `--net=/proc/${this.pid}/ns/net`, "--", ...command];
  }

  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const [first = "", ...rest] = withParentDeath(this.enter([program, ...args]));
    return run(first, rest, { shownAs: [program, ...args].join(" "), ...options });
  }

  runOk(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const [first = "", ...rest] = withParentDeath(this.enter([program, ...args]));
    return runOk(first, rest, { shownAs: `${program} ${args.join(" ")}`, ...options });
  }

  /**
   * A socket that listens inside, served by this process. A socket stays in the namespace that it was created in, so a
   * short-lived child creates it there and passes it over.
   */
  async listen(address: string, port: number): Promise<Server> {
    const child = spawnWithParentDeath(
      this.enter([...roomProgram("local/machine/listen-main"), address, String(port)]),
      {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      },
    );
    return new Promise((resolve, reject) => {
      let socket: Server | undefined;
      child.once("error", reject);
      child.once("message", (_message, handle) => {
        if (handle instanceof Server) socket = handle;
      });
      // Until the child has exited, it could accept connections too.
      child.once("exit", () => {
        if (socket !== undefined) resolve(socket);
        else
          reject(new Fault("local/cannot-listen", `cannot listen on ${address}:${port} in namespace "${this.name}"`));
      });
    });
  }

  /** Ends all that still runs inside, such as a session of an sshd that has ended: it would keep the namespace. */
  async close(): Promise<void> {
    for (const pid of await this.#inside()) {
      if (pid === this.pid || pid === this.holder.pid) continue;
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if (errno(error) !== "ESRCH") throw error;
      }
    }
    await endChild(this.holder);
  }

  async #inside(): Promise<number[]> {
    const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
    const namespaces = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => undefined)));
    return pids.filter((_pid, index) => namespaces[index] === this.id);
  }
}
