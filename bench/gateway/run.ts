/**
 * The gateway against vLab's own commands, replayed in the same run: forwards in the kernel, whole requests, the ping
 * sweep, the log, connections through 10,000 forwards. Alternating rounds, medians. See README.md.
 *
 *   node --import tsx bench/gateway/run.ts [--rounds 3] [--only forwards,request,sweep,log,connections]
 *                                       [--dir DIRECTORY] [--runtime DIRECTORY]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connections } from "./connections.js";
import { forwards } from "./forwards.js";
import { log } from "./log.js";
import { foundIptables, IPTABLES, isThere } from "./peer.js";
import { request } from "./request.js";
import type { SceneOptions } from "./scene.js";
import { sweep } from "./sweep.js";

const SCENES: Readonly<Record<string, (options: SceneOptions) => Promise<void>>> = {
  forwards,
  request,
  sweep,
  log,
  connections,
};

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: Object.keys(SCENES).join(",") },
    /** Where databases lie. A commit is on the disk when it is answered, so it should be one. */
    dir: { type: "string", default: tmpdir() },
    /** Where the bundled daemon lies, and the Node that runs it. */
    runtime: { type: "string", default: fileURLToPath(new URL("../../dist/runtime", import.meta.url)) },
    /** Set by this program for itself. */
    inside: { type: "boolean", default: false },
  },
});

/** Program → the Debian package that brings it. */
const NEEDED = { nft: "nftables", conntrack: "conntrack", fping: "fping", ip: "iproute2", python3: "python3" };

async function main(): Promise<void> {
  const names = flags.only.split(",");
  const unknown = names.find((name) => SCENES[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no scene "${unknown}": ${Object.keys(SCENES).join(", ")}`);
  sayWhatIsMissing();
  const [cpu] = cpus();
  const load = () => loadavg().map((value) => value.toFixed(1));
  console.log(
    `${cpus().length} × ${cpu?.model}, Node ${process.version}, ${flags.rounds} rounds; load ${load().join(" ")}`,
  );
  const dir = mkdtempSync(join(flags.dir, "gateway-bench-"));
  try {
    for (const name of names) {
      console.log(`\n### ${name} (load ${load()[0]})`);
      await SCENES[name]?.({ rounds: Number(flags.rounds), dir, runtime: flags.runtime });
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function sayWhatIsMissing(): void {
  const missing = Object.entries(NEEDED).filter(([program]) => !isThere(program));
  if (missing.length > 0) {
    const packages = missing.map(([, name]) => name).join(" ");
    console.error(`these are needed too: apt-get install -y --no-install-recommends ${packages}`);
    process.exit(2);
  }
  const lacking = IPTABLES.filter((program) => !foundIptables().includes(program));
  if (lacking.length > 0) console.log(`without ${lacking.join(" and ")} (package iptables): no ratio to it`);
  if (!isThere("ping")) console.log("without ping (package iputils-ping): the sweep has no peer");
}

/** Runs everything in a separate network namespace, so that daemons, database and clients have a private loopback. */
function enter(): never {
  const self = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync("unshare", ["--net", "--", ...self, "--inside"], { stdio: "inherit" });
  process.exit(status ?? 1);
}

if (!flags.inside) enter();
execFileSync("ip", ["link", "set", "lo", "up"]);
await main();
process.exit(0);
