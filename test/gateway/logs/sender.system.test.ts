/**
 * Show 3: the receiver is down for a while, the log is rotated both ways, the sender is killed at any moment, and
 * every record arrives. And: real packets through a real table, written down by a real ulogd2.
 */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { appendFile, copyFile, mkdtemp, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endChild, spawnWithParentDeath } from "../../../base/process/spawn.js";
import { findProgram } from "../../../base/tools.js";
import { parseBlocks } from "../../../gateway/forwards/block.js";
import type { Forward } from "../../../gateway/forwards/forward.js";
import { ForwardHistory } from "../../../gateway/logs/forward-history.js";
import { httpReceiver } from "../../../gateway/logs/receivers/http-receiver.js";
import { LogSender } from "../../../gateway/logs/sender.js";
import { ulogdParser } from "../../../gateway/logs/source/parse-ulogd.js";
import { tableText } from "../../../gateway/nft/ruleset.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { root } from "../../support/cli.js";
import { nodeCommand } from "../../support/compiled.js";
import { seededRandom } from "../../support/random.js";
import { clientAddress, LAB_NETWORKS, Lab, labAddress, WAN } from "../support/lab.js";
import { certificate, HttpCollector, type Received, SyslogReceiver } from "./receivers.js";

const MAIN = "test/gateway/logs/sender-main.ts";

interface Said {
  readonly event: string;
  readonly rss?: number;
  readonly recordsDropped?: number;
  readonly batchesWaiting?: number;
}

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-logs-"));
  file = join(dir, "kern.log");
});
afterEach(() => rm(dir, { recursive: true }));

/** Those of the daemon's unit. */
const NODE_FLAGS = /^ExecStart=\S+ (--\S+) /m
  .exec(readFileSync(join(root, "gateway/systemd/sallyport-gateway.service"), "utf8"))
  ?.slice(1) as string[];

class SenderProcess {
  readonly said: Said[] = [];
  private constructor(readonly child: ChildProcess) {
    if (child.stdout === null) throw new Error("no stdout");
    createInterface({ input: child.stdout }).on("line", (line) => this.said.push(JSON.parse(line) as Said));
  }

  static async start(settings: object): Promise<SenderProcess> {
    const [node, ...args] = nodeCommand(MAIN);
    const child = spawnWithParentDeath([node, ...NODE_FLAGS, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, SENDER: JSON.stringify({ file, spoolDir: join(dir, "spool"), ...settings }) },
    });
    const started = new SenderProcess(child);
    await started.until(() => started.said.length > 0);
    return started;
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.child.exitCode !== null) throw new Error("the sender ended by itself");
      await delay(10);
    }
  }

  async kill(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

const line = (number: number) =>
  `2026-01-02T03:04:05.${String(number % 1_000_000).padStart(6, "0")}+00:00 gw kernel: IN=wan0 OUT=lan0 SRC=198.51.100.7 DST=192.168.1.11 LEN=60 PROTO=TCP SPT=${number & 65_535} DPT=${number >> 16} SYN\n`;
const numberOf = ({ json }: Received) => Number(json.sourcePort) + Number(json.targetPort) * 65_536;

describe("V-33 Show 3: every record arrives", () => {
  const kinds = ["http", "syslog"] as const;
  test.each(kinds)(
    "V-33 to a receiver that goes and comes, by %s, from a log that rotates, by a sender that is killed",
    async (kind) => {
      const pair = await certificate();
      await writeFile(join(dir, "ca.pem"), pair.cert);
      const receiver = kind === "http" ? new HttpCollector() : new SyslogReceiver(pair);
      await receiver.start();
      const settings = {
        spoolBytes: 1024 ** 3,
        ...(receiver instanceof HttpCollector
          ? { url: receiver.url }
          : { syslogPort: receiver.port, ca: join(dir, "ca.pem") }),
      };
      const random = seededRandom(kind.length);
      let written = 0;
      let rotations = 0;
      const write = async (lines: number) => {
        let text = "";
        for (let left = lines; left > 0; left -= 1, written += 1) text += line(written);
        await appendFile(file, text);
      };
      const rotate = async (by: "rename" | "copy") => {
        for (let number = rotations; number >= 1; number -= 1)
          await rename(`${file}.${number}`, `${file}.${number + 1}`);
        rotations += 1;
        if (by === "rename") await rename(file, `${file}.1`);
        else await copyFile(file, `${file}.1`);
        if (by === "copy") await truncate(file);
      };
      await write(1_000);
      let sender = await SenderProcess.start(settings);
      await sender.until(() => receiver.received.length > 0);
      for (let round = 0; round < 8; round += 1) {
        if (round === 2) await receiver.stop();
        if (round === 5) await receiver.start();
        for (let writes = 0; writes < 10; writes += 1) {
          await write(random.below(500));
          await delay(random.below(20));
        }
        await rotate(round % 2 === 0 ? "rename" : "copy");
        await write(random.below(300));
        await delay(random.below(100));
        await sender.kill();
        await write(1 + random.below(300));
        if (round % 3 === 1) await rotate(round % 2 === 0 ? "copy" : "rename");
        await write(1 + random.below(300));
        sender = await SenderProcess.start(settings);
      }
      const numbers = new Set<number>();
      let seen = 0;
      await sender.until(() => {
        for (; seen < receiver.received.length; seen += 1) numbers.add(numberOf(receiver.received[seen] as Received));
        return numbers.size >= written;
      });
      await endChild(sender.child);
      await receiver.stop();
      expect(numbers.size).toBe(written);
      // Duplicates are identifiable: one id is one line, and one line is one id.
      const ids = new Map(receiver.received.map((received) => [received.id, numberOf(received)]));
      expect(ids.size).toBe(written);
      for (const received of receiver.received) expect(ids.get(received.id)).toBe(numberOf(received));
      console.log(
        `${kind}: ${written} records, ${receiver.received.length - written} duplicates, ${rotations} rotations, 8 kills`,
      );
    },
  );

  test("V-33, G-13: with memory that does not grow while the receiver is away", async () => {
    const collector = new HttpCollector();
    await collector.start();
    await collector.stop();
    const sender = await SenderProcess.start({ spoolBytes: 1024 ** 3, url: collector.url });
    const part = Array.from({ length: 20_000 }, (_, number) => line(number)).join("");
    const rss: number[] = [];
    for (let parts = 0; parts < 15; parts += 1) {
      await appendFile(file, part);
      const before = sender.said.length;
      await sender.until(
        () =>
          (sender.said.slice(before).findLast(({ event }) => event === "metrics")?.batchesWaiting ?? 0) >=
          (parts + 1) * 200,
      );
      rss.push(sender.said.findLast(({ event }) => event === "metrics")?.rss ?? 0);
    }
    await endChild(sender.child);
    const [early = 0, late = 0] = [Math.max(...rss.slice(0, 5)), Math.max(...rss.slice(-5))];
    console.log(`resident: ${rss.map((bytes) => Math.round(bytes / 1024 ** 2)).join(" ")} MiB`);
    // 200,000 records more, some 40 MB of them; the old generation reaches its size meanwhile.
    expect(late - early).toBeLessThan(20 * 1024 ** 2);
  });

  test("V-33 or is counted exactly, when the disk may hold no more, across kills", async () => {
    const collector = new HttpCollector();
    await collector.start();
    await collector.stop();
    const settings = { spoolBytes: 200_000, url: collector.url };
    const random = seededRandom(5);
    let written = 0;
    let sender = await SenderProcess.start(settings);
    for (let round = 0; round < 5; round += 1) {
      for (let writes = 0; writes < 5; writes += 1) {
        let text = "";
        for (let lines = random.below(400); lines > 0; lines -= 1, written += 1) text += line(written);
        await appendFile(file, text);
        await delay(random.below(20));
      }
      await sender.kill();
      sender = await SenderProcess.start(settings);
    }
    await sender.until(() => sender.said.some(({ event }) => event === "full"));
    await collector.start();
    const metrics = () => sender.said.findLast(({ event }) => event === "metrics");
    await sender.until(() => collector.counts().size + (metrics()?.recordsDropped ?? 0) >= written);
    await endChild(sender.child);
    await collector.stop();
    const dropped = metrics()?.recordsDropped ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(collector.counts().size).toBe(written - dropped);
    console.log(`${written} records, ${dropped} dropped`);
  });
});

const support = await namespaceSupport();
const ulogd = findProgram("ulogd");
const plugins = "/usr/lib/x86_64-linux-gnu/ulogd";
const here = typeof support !== "string" && process.getuid?.() === 0 && ulogd !== undefined;
if (!here) console.log(`skipped: no ulogd or no network namespaces here: ${String(support)}`);

const ULOGD = (out: string) => `[global]
logfile="${join(out, "ulogd.log")}"
loglevel=3
plugin="${plugins}/ulogd_inppkt_NFLOG.so"
plugin="${plugins}/ulogd_raw2packet_BASE.so"
plugin="${plugins}/ulogd_filter_IFINDEX.so"
plugin="${plugins}/ulogd_filter_IP2STR.so"
plugin="${plugins}/ulogd_output_JSON.so"
stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON
[log1]
group=5
[json1]
file="${join(out, "ulogd.json")}"
sync=1
`;

test.skipIf(!here)(
  "V-31 V-32 real packets through the table, written down by ulogd2, arrive with their forward and user",
  async () => {
    const lab = await Lab.open();
    const collector = new HttpCollector();
    await collector.start();
    const forward: Forward = {
      id: "f-1",
      connPort: 50_001,
      protocol: "tcp",
      targetAddr: labAddress("lab1"),
      targetPort: 22,
      targetName: "lab1",
      targetComponent: "CentOS",
      owner: "ann",
      sources: [],
      createdAt: Date.now(),
    };
    const options = {
      wan: "wan0",
      lan: "lan0",
      labNetworks: parseBlocks(LAB_NETWORKS),
      ownPorts: [443],
      ports: { min: 50_000, max: 50_100 },
      logGroup: 5,
    };
    await lab.gateway.runOk("nft", ["-f", "-"], {
      input: tableText(options as Parameters<typeof tableText>[0], [forward], new Map()),
    });
    await writeFile(join(dir, "ulogd.conf"), ULOGD(dir));
    const daemon = spawnWithParentDeath(lab.gateway.enter([ulogd as string, "-c", join(dir, "ulogd.conf")]));
    while (!(await readFile(join(dir, "ulogd.log"), "utf8").catch(() => "")).includes("entering main loop"))
      await delay(20);
    const json = join(dir, "ulogd.json");
    const sender = await LogSender.open({
      file: json,
      parse: ulogdParser(),
      receiver: httpReceiver({ url: new URL(collector.url) }),
      spoolDir: join(dir, "spool"),
      spoolBytes: 1024 ** 2,
      history: new ForwardHistory(),
      forwards: async () => [forward],
      pollMs: 20,
    });
    try {
      const knock = `import socket,sys
s=socket.socket(); s.settimeout(2)
try: s.connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass`;
      const before = Date.now();
      await lab.machine("client1").run("python3", ["-c", knock, WAN.address, "50001"]);
      while (collector.received.length < 1) await delay(20);
      // As logrotate's postrotate does.
      await rename(json, `${json}.1`);
      daemon.kill("SIGHUP");
      await lab.machine("lab1").run("python3", ["-c", knock, clientAddress("client2"), "9"]);
      while (collector.received.length < 2) await delay(20);
      const [first, second] = collector.received.map((received) => received.json);
      expect(first).toMatchObject({
        source: clientAddress("client1"),
        target: labAddress("lab1"),
        protocol: "tcp",
        targetPort: 22,
        in: "wan0",
        out: "lan0",
        user: "ann",
        forwardId: "f-1",
        connPort: 50_001,
      });
      expect(Number(first?.time)).toBeGreaterThanOrEqual(before - 1);
      expect(second).toMatchObject({
        source: labAddress("lab1"),
        target: clientAddress("client2"),
        targetPort: 9,
        user: "ann",
      });
      expect(second).not.toHaveProperty("forwardId");
    } finally {
      await sender.close();
      await endChild(daemon);
      await collector.stop();
      await lab.close();
    }
  },
);
