/**
 * A host that boots on this machine: a real systemd in its own namespaces, over a copy-on-write view of the machine,
 * behind a firewall made from its security groups.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, readdir, readFile, readlink, rmdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { defined } from "../../base/defined.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { type RunOptions, type RunResult, run } from "../../base/process/run.js";
import { endChild, spawnWithParentDeath, withParentDeath } from "../../base/process/spawn.js";
import { createMetadataServer } from "../emulator/imds.js";
import type { InstanceFacts } from "../emulator/instance.js";
import type { InstanceRole } from "../emulator/instance-role.js";
import { readPeers, readSecurityRules } from "../emulator/security-rules.js";
import { hostDead, hostNotReady, userDataFailed } from "../errors.js";
import { METADATA_ADDRESS } from "../network/host-firewall.js";
import { Network } from "../network/network.js";
import { type NftRules, rulesToNft } from "../network/rules-to-nft.js";
import { machineScript } from "./boot-script.js";
import { makeControlGroup, removeControlGroup, removeStaleControlGroups } from "./control-group.js";
import { firstBootFiles, SET_UP_UNIT, USER_DATA_UNIT } from "./first-boot.js";

export interface HostOptions {
  readonly facts: InstanceFacts;
  readonly role?: InstanceRole;
  /** The emulator's address on this machine. The host reaches it at the same address. */
  readonly emulatorUrl: string;
  /** Name → address of the outside machines. */
  readonly outside: Readonly<Record<string, string>>;
  /** The cgroup2 hierarchy, from `unifiedHierarchy()`. */
  readonly hierarchy: string;
  /** Directory of its log and its mount point. */
  readonly dir: string;
  readonly systemd: string;
  readonly signal?: AbortSignal;
  /** Boots this root with these units instead of a view of this machine. */
  readonly image?: Image;
  /** Shell code that a view of this machine runs at first boot, before the user data. */
  readonly firstBoot?: string;
  /** Attaches further interfaces before the machine starts. @returns the function that detaches them. */
  readonly attachMore?: (network: Network) => Promise<() => Promise<void>>;
}

export interface Image {
  /** A directory with a complete system. The host never writes to it. */
  readonly root: string;
  /** Files beside those of the image: absolute path → content. */
  readonly files: Readonly<Record<string, string>>;
  /** Units to start. */
  readonly wants: readonly string[];
  readonly hypervisorUuid?: string;
}

export interface UnitState {
  readonly active: string;
  readonly result: string;
}

export class Host {
  readonly #closers: (() => Promise<void> | void)[] = [];
  #child: ChildProcess | undefined;
  #pid = 0;
  #network: Network | undefined;

  private constructor(readonly options: HostOptions) {}

  /** Boots it until its systemd answers. */
  static async boot(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    try {
      await host.#start();
      return host;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  get network(): Network {
    if (this.#network === undefined) throw new Error("the host has not been started");
    return this.#network;
  }

  /** Its PID 1 in this machine's numbering: `nsenter --target <pid> --all` is a shell on the host. */
  get pid(): number {
    return this.#pid;
  }

  /** The log of the running host. */
  get log(): string {
    return join(this.options.dir, "host.log");
  }

  /** Runs a program on the host as root, as its console would. */
  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const inside = ["nsenter", "--target", String(this.#pid), "--all", "--", program, ...args];
    const [first = "", ...rest] = withParentDeath(inside);
    return run(first, rest, { shownAs: [program, ...args].join(" "), ...options });
  }

  async unit(name: string): Promise<UnitState> {
    const { stdout } = await this.run("systemctl", ["show", "--property=ActiveState,Result", name]);
    return { active: /ActiveState=(.*)/.exec(stdout)?.[1] ?? "", result: /Result=(.*)/.exec(stdout)?.[1] ?? "" };
  }

  /** Waits until the instance's user data has finished. */
  async userDataDone(seconds = 240): Promise<void> {
    const failed = await this.#until(`the user data did not end`, seconds, async () => {
      const [setUp, userData] = [await this.unit(SET_UP_UNIT), await this.unit(USER_DATA_UNIT)];
      if (setUp.active === "failed" || userData.active === "failed") return "failed";
      return userData.active === "active" ? "done" : undefined;
    });
    if (failed === "failed") throw userDataFailed(await this.journal(USER_DATA_UNIT));
  }

  /** Runs the user data once more, as a second boot would. */
  async userDataAgain(): Promise<void> {
    const { exitCode } = await this.run("systemctl", ["restart", USER_DATA_UNIT], { timeoutMs: 240_000 });
    if (exitCode !== 0) throw userDataFailed(await this.journal(USER_DATA_UNIT));
  }

  /** The last lines of the journal, of one unit or of all. */
  async journal(unit?: string, lines = 25): Promise<string> {
    const args = ["--no-pager", "--output=short-monotonic", "--no-hostname", `--lines=${lines}`];
    const { stdout } = await this.run("journalctl", unit === undefined ? args : [...args, `--unit=${unit}`]);
    return stdout;
  }

  /** Reads the current security groups from EC2 and replaces the firewall rules with them. */
  async reloadRules(ec2: EC2Client): Promise<NftRules> {
    const rules = await readSecurityRules(
      ec2,
      this.options.facts.securityGroups.map((group) => group.id),
    );
    const translated = rulesToNft(rules, await readPeers(ec2, rules));
    await this.network.guard(translated);
    return translated;
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #start(): Promise<void> {
    const { facts, outside, hierarchy, dir, attachMore } = this.options;
    await removeStaleControlGroups(hierarchy);
    await makeDir(dir, 0o700);
    const network = await Network.open({ ...facts, outside });
    this.#network = network;
    this.#closers.push(() => network.close());
    if (attachMore !== undefined) this.#closers.push(await attachMore(network));
    await this.#serveMetadata();
    await this.#forwardEmulator();
    const group = await makeControlGroup(hierarchy, facts.instanceId);
    this.#closers.push(() => removeControlGroup(group));
    await this.#startMachine(group);
    await this.#until("the host's systemd did not answer", 60, async () => {
      const state = await this.run("systemctl", ["is-system-running"]).catch(() => undefined);
      return state !== undefined && /running|starting|degraded/.test(state.stdout) ? true : undefined;
    });
    this.#followJournal();
  }

  /** The service answers from the router, as EC2's does from the hypervisor, so port 80 of the host stays free. */
  async #serveMetadata(): Promise<void> {
    const { facts, role } = this.options;
    const server = createMetadataServer(defined({ facts, role }));
    const socket = await this.network.router.listen(METADATA_ADDRESS, 80);
    socket.on("connection", (connection) => server.emit("connection", connection));
    this.#closers.push(() => {
      socket.close();
      server.closeAllConnections();
    });
  }

  async #forwardEmulator(): Promise<void> {
    const { hostname, port } = new URL(this.options.emulatorUrl);
    const socket = await this.network.host.listen(hostname, Number(port));
    const open = new Set<() => void>();
    socket.on("connection", (inside) => {
      const outside = connect({ host: hostname, port: Number(port) });
      const end = () => {
        inside.destroy();
        outside.destroy();
        open.delete(end);
      };
      open.add(end);
      for (const side of [inside, outside]) side.on("error", end).on("close", end);
      inside.pipe(outside).pipe(inside);
    });
    this.#closers.push(() => {
      socket.close();
      for (const end of open) end();
    });
  }

  async #startMachine(group: string): Promise<void> {
    const { dir, systemd, facts, image, firstBoot } = this.options;
    const stage = join(dir, `stage-${facts.instanceId}`);
    await makeDir(stage);
    this.#closers.push(() => rmdir(stage).catch(() => undefined));
    const script = machineScript(
      defined({
        stage,
        systemd,
        lower: image?.root ?? "/",
        machineId: randomBytes(16).toString("hex"),
        files: image?.files ?? firstBootFiles(facts.defaultUser, firstBoot),
        wants: image?.wants ?? [
          "ssh.service",
          "sshd.service",
          "systemd-user-sessions.service",
          SET_UP_UNIT,
          USER_DATA_UNIT,
        ],
        hideMachine: image === undefined,
        hypervisorUuid: image?.hypervisorUuid === undefined ? undefined : image.hypervisorUuid,
      }),
    );
    const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"];
    const join_ = `echo $$ >"$1/cgroup.procs" && shift && exec "$@"`;
    const command = this.network.host.enter(["unshare", ...namespaces, "--", "bash", "-c", script]);
    const console_ = await open(join(dir, "console.log"), "w", 0o600);
    const child = spawnWithParentDeath(["sh", "-c", join_, "sh", group, ...command], {
      stdio: ["ignore", console_.fd, console_.fd],
    });
    await console_.close();
    child.on("error", () => undefined);
    this.#child = child;
    this.#closers.push(async () => {
      // When the host's first process dies, the kernel kills all others. unshare waits for it and reaps it.
      if (this.#pid > 0 && child.exitCode === null) process.kill(this.#pid, "SIGKILL");
      else child.kill("SIGKILL");
      await endChild(child);
    });
    this.#pid = await this.#until("the host's namespaces did not come up", 30, () => firstProcess(child.pid ?? 0));
  }

  #followJournal(): void {
    const [program = "", ...args] = withParentDeath([
      ...["nsenter", "--target", String(this.#pid), "--all", "--"],
      ...["journalctl", "--follow", "--lines=all", "--output=short-precise", "--no-hostname"],
    ]);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], detached: true });
    child.on("error", () => undefined);
    child.stdout.pipe(createWriteStream(this.log, { mode: 0o600 }));
    this.#closers.push(() => {
      child.kill("SIGKILL");
    });
  }

  /** Polls until `check` returns a value. Fails at once if the host has died. */
  async #until<T>(complaint: string, seconds: number, check: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      this.options.signal?.throwIfAborted();
      const child = this.#child;
      if (child !== undefined && (child.exitCode !== null || child.signalCode !== null)) {
        const file = join(this.options.dir, "console.log");
        throw hostDead(file, (await readFile(file, "utf8").catch(() => "")).trim().split("\n").slice(-10).join("\n"));
      }
      const value = await check();
      if (value !== undefined) return value;
      await delay(100);
    }
    throw hostNotReady(complaint, seconds, await this.journal().catch(() => ""));
  }
}

/** The systemd that replaced the boot script below `parent`, once it is running. */
async function firstProcess(parent: number): Promise<number | undefined> {
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const [, parentOf] = /\) \S (\d+) /.exec(stat) ?? [];
    if (Number(parentOf) !== parent) continue;
    const program = await readlink(`/proc/${entry}/exe`).catch(() => "");
    return program.endsWith("/systemd") ? Number(entry) : undefined;
  }
  return undefined;
}
