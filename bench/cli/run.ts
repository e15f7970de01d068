/**
 * How long short commands take from their start to their end, beside other command-line programs. See README.md.
 *
 *   node --import tsx bench/cli/run.ts [--rounds 20]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findProgram, packageRoot } from "../../base/tools.js";
import { median, printTable } from "../agent/table.js";
import { saveTable } from "../results.js";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    /** The command as it is built. */
    cli: { type: "string", default: join(packageRoot, "dist/cli/main.js") },
  },
});

const CONFIGURATION = 'name: lab\nregion: eu-west-1\ncaller: "203.0.113.7/32"\n';
const COLUMNS = ["ms", "ms of CPU"];

interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
}

const ours = (...args: string[]): Contestant => ({
  name: `sallyport ${args.join(" ")}`,
  command: [process.execPath, flags.cli, ...args],
});

/** Those of the peers that this machine has. */
function peers(): Contestant[] {
  const cdktf = join(packageRoot, "node_modules/.bin/cdktf");
  const all: readonly [name: string, program: string | undefined, ...args: string[]][] = [
    ["node -e 0", process.execPath, "-e", "0"],
    ["terraform version", findProgram("terraform"), "version"],
    ["aws --version", findProgram("aws"), "--version"],
    ["cdktf --help", existsSync(cdktf) ? cdktf : undefined, "--help"],
  ];
  return all.flatMap(([name, program, ...args]) =>
    program === undefined ? [] : { name, command: [program, ...args] },
  );
}

/** From the shell's own clock, which counts the processor time of children that have ended. @returns milliseconds */
function measure({ name, command }: Contestant, dir: string): [wall: number, cpu: number] {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1';
  const env = { PATH: process.env.PATH, HOME: dir, CHECKPOINT_DISABLE: "1" };
  const { status, stderr } = spawnSync("bash", ["-c", script, "bash", ...command], { cwd: dir, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} ended with status ${status}`);
  const [real = 0, user = 0, system = 0] = stderr.trim().split(" ").map(Number);
  return [real * 1000, (user + system) * 1000];
}

function main(): void {
  if (!existsSync(flags.cli)) throw new Error(`${flags.cli} is missing: run "npm run build"`);
  const contestants = [
    ours("--help"),
    ours("config", "show"),
    ours("firewall", "show"),
    ours("completion", "bash"),
    ...peers(),
  ];
  const dir = mkdtempSync(join(tmpdir(), "cli-bench-"));
  try {
    writeFileSync(join(dir, "sallyport.yaml"), CONFIGURATION);
    const samples = new Map(contestants.map(({ name }) => [name, [] as [number, number][]]));
    // The first of each reads its files from the disk.
    for (const each of contestants) measure(each, dir);
    for (let round = 0; round < Number(flags.rounds); round += 1) {
      const order = round % 2 === 0 ? contestants : [...contestants].reverse();
      for (const each of order) samples.get(each.name)?.push(measure(each, dir));
    }
    const rows = new Map(
      [...samples].map(([name, all]) => [name, [0, 1].map((at) => median(all.map((one) => one[at] ?? 0)))]),
    );
    const title = "from start to end of a command";
    printTable(title, COLUMNS, rows, undefined);
    saveTable(import.meta.dirname, "start", { title, columns: COLUMNS, rows: Object.fromEntries(rows) });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

main();
