/** A log sender as a process of its own, to be killed. Its settings come as JSON in SENDER; events and memory go out. */
import { readFileSync } from "node:fs";
import { defined } from "../../../base/defined.js";
import { ForwardHistory } from "../../../gateway/logs/forward-history.js";
import { httpReceiver } from "../../../gateway/logs/receivers/http-receiver.js";
import { syslogReceiver } from "../../../gateway/logs/receivers/syslog-receiver.js";
import { LogSender } from "../../../gateway/logs/sender.js";
import { kernelLineParser } from "../../../gateway/logs/source/parse-kernel-line.js";

const settings = JSON.parse(process.env.SENDER ?? "") as {
  file: string;
  spoolDir: string;
  spoolBytes: number;
  url?: string;
  syslogPort?: number;
  ca?: string;
};
const { file, spoolDir, spoolBytes, url, syslogPort = 0, ca } = settings;
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

const sender = await LogSender.open({
  file,
  parse: kernelLineParser({ zone: "UTC" }),
  receiver:
    url === undefined
      ? syslogReceiver(
          defined({
            host: "127.0.0.1",
            port: syslogPort,
            ca: ca === undefined ? undefined : readFileSync(ca, "utf8"),
          }),
        )
      : httpReceiver({ url: new URL(url) }),
  spoolDir,
  spoolBytes,
  batch: 100,
  history: new ForwardHistory(),
  forwards: async () => [],
  pollMs: 20,
  backoff: { baseMs: 20, capMs: 200 },
  onEvent: say,
});
setInterval(() => say({ event: "metrics", rss: process.memoryUsage().rss, ...sender.metrics() }), 100);
process.once("SIGTERM", () => void sender.close().then(() => process.exit()));
say({ event: "started" });
