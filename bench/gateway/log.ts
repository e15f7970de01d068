/**
 * Records per second from a kernel log to a collector that acknowledges, with the sender's own parse, join, encode and
 * HTTP receiver; beside it vLab's steps (split, JSON, Fernet per record, socket).
 */
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defined } from "../../base/defined.js";
import { type Encryption, encodeBatch } from "../../gateway/logs/encode.js";
import { type FernetKey, readFernetKey } from "../../gateway/logs/fernet.js";
import { ForwardHistory } from "../../gateway/logs/forward-history.js";
import { httpReceiver } from "../../gateway/logs/receivers/http-receiver.js";
import type { LogReceiver } from "../../gateway/logs/receivers/receiver.js";
import { recordJson } from "../../gateway/logs/record.js";
import { kernelLineParser } from "../../gateway/logs/source/parse-kernel-line.js";
import { saveTable } from "../results.js";
import { PEER } from "./peer.js";
import { inTurn, type SceneOptions } from "./scene.js";
import { median, printTable, short, verdict } from "./table.js";

const LINES = 200_000;
/** Of the peer's: a second's worth. */
const PEER_LINES = 40_000;
const BATCH = 1_000;
const WANTED = 20;
const WANTED_PER_RECORD = 4;
const SECRET = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

export async function log({ rounds }: SceneOptions): Promise<void> {
  const lines = Array.from({ length: LINES }, (_, n) => lineOf(n));
  const server = createServer((request, response) => request.resume().once("end", () => response.writeHead(204).end()));
  // The connection must survive the peer's turns, during which this process only waits.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver = httpReceiver({ url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log`) });
  const key = readFernetKey(SECRET) as FernetKey;
  const python = pythonWithFernet();
  if (python === undefined) console.log("without Python's cryptography: the log has no peer");

  const contestants: Readonly<Record<string, () => Promise<number>>> = defined({
    "ours, clear": () => ours(receiver, lines, { kind: "none" }),
    "ours, Fernet per batch": () => ours(receiver, lines, { kind: "batch", key }),
    "ours, Fernet per record": () => ours(receiver, lines, { kind: "record", key }),
    "peer, Fernet per record": python === undefined ? undefined : async () => peer(python, lines.slice(0, PEER_LINES)),
  });
  const wanted: Readonly<Record<string, number>> = {
    "ours, clear": WANTED,
    "ours, Fernet per record": WANTED_PER_RECORD,
  };
  const rates = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
  try {
    for (const run of Object.values(contestants)) await run();
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, run] of inTurn(Object.entries(contestants), round)) rates.get(name)?.push(await run());
    }
  } finally {
    await receiver.close();
    server.close();
  }
  const of = median(rates.get("peer, Fernet per record") ?? []);
  const rows = [...rates].map(([name, all]) => {
    const ratio = median(all) / of;
    const least = wanted[name];
    return [name, median(all).toFixed(0), least === undefined ? short(ratio) : verdict(ratio, least)];
  });
  const title = "log to a collector that acknowledges";
  printTable([title, "records/s", "× peer"], rows);
  const medians = [...rates].map(([name, all]) => [name, [median(all)]] as const);
  saveTable(import.meta.dirname, "log", { title, columns: ["records/s"], rows: Object.fromEntries(medians) });
}

async function ours(receiver: LogReceiver, lines: readonly string[], encryption: Encryption): Promise<number> {
  const parse = kernelLineParser();
  const history = new ForwardHistory();
  const started = performance.now();
  for (let at = 0; at < lines.length; at += BATCH) {
    const records: string[] = [];
    for (let n = at; n < Math.min(at + BATCH, lines.length); n += 1) {
      const packet = parse(lines[n] as string);
      if (packet !== undefined) records.push(recordJson(`bench-${n}`, packet, history.find(packet)));
    }
    const payload = encodeBatch(records, encryption);
    await receiver.deliver([{ id: `bench-${at}`, records: records.length, payload }], new AbortController().signal);
  }
  return lines.length / ((performance.now() - started) / 1000);
}

function peer(python: string, lines: readonly string[]): number {
  const { stdout, stderr } = spawnSync(python, [PEER, "log", SECRET], { input: lines.join("\n"), encoding: "utf8" });
  if (!(Number(stdout) > 0)) throw new Error(`the peer's log failed: ${stderr.trim().split("\n").at(-1)}`);
  return Number(stdout);
}

/** The distribution's own Python has Debian's python3-cryptography, whichever comes first on PATH. */
function pythonWithFernet(): string | undefined {
  const hasFernet = (python: string) => spawnSync(python, ["-c", "import cryptography.fernet"]).status === 0;
  return ["python3", "/usr/bin/python3"].find(hasFernet);
}

const lineOf = (n: number) =>
  `2026-01-02T03:04:05.${String(n % 1e6).padStart(6, "0")}-04:00 gw kernel: [   31.452226] IN=ens160 OUT=ens192 MAC=00:50:56:b5 SRC=192.168.${n & 7}.2 DST=65.200.22.${n & 127} LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=${n & 65535} DF PROTO=TCP SPT=${n & 65535} DPT=80 WINDOW=229 RES=0x00 ACK FIN URGP=0`;
