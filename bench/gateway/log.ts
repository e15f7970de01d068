/**
 * Records per second from a kernel log to a collector that acknowledges, with the sender's own parse, join, encode and
 * HTTP target; beside it vLab's steps in Python (split, JSON, Fernet per record, socket) in the same run.
 *
 * node --import tsx bench/gateway/log.ts [lines]
 */
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Encryption, encodeBatch } from "../../gateway/logs/encode.js";
import { type FernetKey, readFernetKey } from "../../gateway/logs/fernet.js";
import { httpTarget } from "../../gateway/logs/http-target.js";
import { ForwardHistory } from "../../gateway/logs/join.js";
import { kernelLineParser } from "../../gateway/logs/parse-kernel-line.js";
import { recordJson } from "../../gateway/logs/record.js";

const LINES = Number(process.argv[2] ?? 200_000);
const SECRET = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const line = (n: number) =>
  `2026-01-02T03:04:05.${String(n % 1e6).padStart(6, "0")}-04:00 gw kernel: [   31.452226] IN=ens160 OUT=ens192 MAC=00:50:56:b5 SRC=192.168.${n & 7}.2 DST=65.200.22.${n & 127} LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=${n & 65535} DF PROTO=TCP SPT=${n & 65535} DPT=80 WINDOW=229 RES=0x00 ACK FIN URGP=0`;
const log = Array.from({ length: LINES }, (_, n) => line(n));

const server = createServer((request, response) => request.resume().once("end", () => response.writeHead(204).end()));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const target = httpTarget({ url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log`) });

async function ours(encryption: Encryption): Promise<number> {
  const parse = kernelLineParser();
  const history = new ForwardHistory();
  const started = performance.now();
  for (let at = 0; at < log.length; at += 1_000) {
    const records: string[] = [];
    for (let n = at; n < Math.min(at + 1_000, log.length); n += 1) {
      const packet = parse(log[n] as string);
      if (packet !== undefined) records.push(recordJson(`bench-${n}`, packet, history.find(packet)));
    }
    const payload = encodeBatch(records, encryption);
    await target.deliver([{ id: `bench-${at}`, records: records.length, payload }], new AbortController().signal);
  }
  return Math.round(log.length / ((performance.now() - started) / 1000));
}

const PEER = `
import sys, json, time, calendar, socket, threading
from cryptography.fernet import Fernet
f = Fernet(sys.argv[1]); lines = sys.stdin.read().split("\\n")
a, b = socket.socketpair()
def drain():
    while b.recv(65536): pass
threading.Thread(target=drain, daemon=True).start()
started = time.perf_counter()
for line in lines:
    fields = line.split(" ")
    when = int(time.mktime(time.strptime(fields[0].split(".")[0], "%Y-%m-%dT%H:%M:%S")))
    values = dict(x.split("=", 1) for x in fields if "=" in x)
    a.sendall(f.encrypt(json.dumps({"time": when, "source": values["SRC"], "target": values["DST"], "user": None}).encode()))
print(round(len(lines) / (time.perf_counter() - started)))
`;
const key = readFernetKey(SECRET) as FernetKey;
await ours({ kind: "none" });
const clear = await ours({ kind: "none" });
const perRecord = await ours({ kind: "record", key });
const perBatch = await ours({ kind: "batch", key });
const peer = spawnSync("python3", ["-c", PEER, SECRET], { input: log.slice(0, 20_000).join("\n"), encoding: "utf8" });
const of = Number(peer.stdout);
if (!(of > 0)) console.log(`no peer: ${peer.stderr.trim().split("\n").at(-1)}`);
for (const [name, rate] of Object.entries({ clear, perBatch, perRecord, peer: of })) {
  console.log(`${name.padEnd(10)} ${String(rate).padStart(9)} records/s  x ${(rate / of).toFixed(1)}`);
}
await target.close();
server.close();
