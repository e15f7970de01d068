/** What `/metrics` says of the log sender, while its receiver is there and while it is not. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HttpCollector } from "../logs/receivers.js";
import { startKernellessGateway, tokenOf } from "../support/gateway.js";

const LINE =
  "2026-11-01T09:30:56Z gw kernel: IN=wan0 OUT=lan0 SRC=198.51.100.7 DST=192.168.1.11 LEN=40 PROTO=TCP SPT=48884 DPT=22 SYN\n";

test("V-33 counts what was read, ignored, delivered and not taken", async () => {
  const collector = new HttpCollector();
  await collector.start();
  const gw = await startKernellessGateway({
    more: `state_dir: "DIR"
log: { source: kernel-log, file: "DIR/kern.log", target: "${collector.url}" }`,
  });
  try {
    const token = await tokenOf("ada");
    const counts = async () => {
      const { text } = await gw.ask("/metrics", { token });
      const found = [...text.matchAll(/^sallyport_gateway_log_(\w+) (\d+)$/gm)];
      return Object.fromEntries(found.map(([, name, value]) => [name, Number(value)]));
    };
    appendFileSync(join(gw.dir, "kern.log"), `${LINE}2026-11-01T09:30:57Z gw kernel: usb 1-1: new device\n`);
    await expect.poll(counts).toEqual({
      records_read_total: 1,
      lines_ignored_total: 1,
      records_delivered_total: 1,
      records_dropped_total: 0,
      deliveries_failed_total: 0,
      spool_bytes: expect.any(Number),
      batches_waiting: 0,
    });

    await collector.stop();
    appendFileSync(join(gw.dir, "kern.log"), LINE);
    await expect.poll(async () => (await counts()).deliveries_failed_total).toBeGreaterThan(0);
    expect(await counts()).toMatchObject({ records_read_total: 2, records_delivered_total: 1, batches_waiting: 1 });
    expect(await gw.ask("/metrics", { token })).not.toHaveProperty("text", expect.stringContaining("198.51.100.7"));
  } finally {
    await gw.stop();
    await collector.stop();
  }
});
