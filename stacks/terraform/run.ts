/** The edge to Terraform (or OpenTofu): finds it, runs a command, follows its events, explains its failure. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { defined } from "../../base/defined.js";
import { run, runOk } from "../../base/process/run.js";
import { findProgram } from "../../base/tools.js";
import { terraformEnv } from "./cli-config.js";
import * as errors from "./errors.js";
import { lostText, passingEnv } from "./passing-env.js";
import { type PlannedChange, TerraformLog } from "./terraform-log.js";
import { guardTerraformLog } from "./tf-log-guard.js";
import { guardOtherStates } from "./workspace-guard.js";

export interface TerraformOptions {
  /** Directory of the synthesized stack. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with one line per event. */
  readonly onStep?: (text: string) => void;
  /** Called with one line that stays visible, such as the user's variables that Terraform does not get. */
  readonly onNote?: (text: string) => void;
  /** Returns the display name of a resource, given its address. */
  readonly nameOf?: (address: string) => string;
  readonly signal?: AbortSignal;
}

/** Terraform writes the state while it exits. After this time it counts as stuck. */
const PATIENCE_MS = 120_000;
const IMPORT_MS = 300_000;
const PLAN_FILE = "sallyport.tfplan";
/**
 * Terraform's data directory, below the stack's. Terraform run there by hand, or by `cdktf`, has its own: a workspace
 * that was selected with it is none of ours.
 */
const DATA_DIR = ".sallyport";

export class Terraform {
  private constructor(
    readonly binary: string,
    readonly version: string,
    readonly options: TerraformOptions,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Finds the binary, checks its version, and determines where it gets its provider. */
  static async find(options: TerraformOptions): Promise<Terraform> {
    guardTerraformLog(options.env);
    const { env, lost } = passingEnv(options.env);
    if (lost.length > 0) options.onNote?.(lostText(lost));
    const names = env.TERRAFORM_BINARY_NAME ? [env.TERRAFORM_BINARY_NAME] : ["terraform", "tofu"];
    const binary = names.map((name) => (name.includes("/") ? name : findProgram(name, env))).find(Boolean);
    if (binary === undefined) throw errors.noTerraform(names);
    const asked = { ...env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: undefined };
    const { stdout } = await run(binary, ["version", "-json"], { env: asked, inheritEnv: false }).catch((error) => {
      throw error.code === "run/missing" ? errors.noTerraform(names) : error;
    });
    const version = /"terraform_version":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "unknown";
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (!(major > 1 || (major === 1 && minor >= 11))) throw errors.oldTerraform(binary, version);
    const isTofu = /tofu/.test(binary);
    const added = await terraformEnv(defined({ env, registry: isTofu ? "registry.opentofu.org" : undefined }));
    return new Terraform(binary, version, options, { ...env, ...added, TF_DATA_DIR: DATA_DIR });
  }

  /**
   * The data directory may remember another place of the state, where the project lay before it was moved. What counts is
   * the place in the stack: nothing is copied from or to the other one.
   */
  async init(): Promise<void> {
    await guardOtherStates(this.options.dir);
    await this.#step("init", ["-input=false", "-reconfigure"]);
  }

  /** @returns the changes that applying would make, in Terraform's order; also stores the plan for `apply`. */
  async plan(args: readonly string[] = []): Promise<readonly PlannedChange[]> {
    return (await this.#step("plan", ["-input=false", `-out=${PLAN_FILE}`, ...args])).changes;
  }

  /** The stored plan, as `terraform show -json` prints it. */
  async show(): Promise<unknown> {
    const { dir, signal } = this.options;
    const { stdout } = await runOk(
      this.binary,
      ["show", "-json", PLAN_FILE],
      defined({
        cwd: dir,
        env: this.env,
        inheritEnv: false,
        signal,
      }),
    );
    return JSON.parse(stdout);
  }

  /** Applies exactly the stored plan. */
  async apply(): Promise<void> {
    await this.#step("apply", ["-input=false", PLAN_FILE]);
  }

  /** Records an existing resource in the state. @returns false if AWS has none under this id. */
  async import(address: string, id: string): Promise<boolean> {
    const { dir, signal } = this.options;
    const { exitCode, stderr } = await run(
      this.binary,
      ["import", "-no-color", "-input=false", address, id],
      defined({ cwd: dir, env: this.env, inheritEnv: false, timeoutMs: IMPORT_MS, detached: true, signal }),
    );
    if (exitCode === 0) return true;
    if (/Cannot import non-existent remote object/.test(stderr)) return false;
    const lines = stderr.split("\n").map((line) => line.replace(/^[│╷╵\s]+/, ""));
    throw errors.terraformFailed(
      "import",
      lines
        .filter(Boolean)
        .join("\n")
        .replace(/^Error: /, ""),
    );
  }

  /** Runs one command with `-json`: each event is one line of JSON. */
  async #step(step: string, args: readonly string[]): Promise<TerraformLog> {
    const log = new TerraformLog(this.options.nameOf ?? ((address) => address));
    let stderr = "";
    const child = spawn(this.binary, [step, "-json", ...args], {
      cwd: this.options.dir,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      // In its own process group, so that Ctrl-C reaches it once, through us. A second interrupt would make it drop the
      // state.
      detached: true,
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const stop = () => {
      child.kill("SIGINT");
      setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS).unref();
    };
    const { signal } = this.options;
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr = (stderr + chunk).slice(-4_000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = log.read(line);
      if (said !== undefined) this.options.onStep?.(said);
    });
    const status = await ended.finally(() => signal?.removeEventListener("abort", stop));
    if (signal?.aborted) throw errors.interrupted(step);
    if (status !== 0) throw errors.terraformFailed(step, log.explanation || stderr.trim(), log.failures);
    return log;
  }
}
