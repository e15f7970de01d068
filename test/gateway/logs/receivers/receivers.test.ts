import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpReceiver } from "../../../../gateway/logs/receivers/http-receiver.js";
import { syslogReceiver } from "../../../../gateway/logs/receivers/syslog-receiver.js";
import { recordJson } from "../../../../gateway/logs/record.js";
import { certificate, HttpCollector, SyslogReceiver } from "../receivers.js";

const PACKET = {
  time: Date.UTC(2026, 0, 2),
  source: "192.0.2.1",
  target: "192.0.2.2",
  protocol: "tcp",
  in: "a",
  out: "b",
};
const batch = (name: string, records: number) => ({
  id: `${name}+${records}`,
  records,
  payload: Buffer.from(
    Array.from({ length: records }, (_, n) => `${recordJson(`${name}-${n}`, PACKET, { user: "zoë" })}\n`).join(""),
  ),
});
const never = new AbortController().signal;

describe("an HTTP collector", () => {
  const collector = new HttpCollector();
  beforeEach(() => collector.start());
  afterEach(() => collector.stop());

  test("V-33 gets a batch per request, with a key that is the same the next time", async () => {
    const receiver = httpReceiver({ url: new URL(collector.url) });
    await receiver.deliver([batch("a", 3)], never);
    await receiver.deliver([batch("a", 3)], never);
    expect(collector.requests.map(({ key, type, records }) => [key, type, records])).toEqual(
      [1, 2].map(() => ['"a+3"', "application/x-ndjson", 3]),
    );
    expect(collector.received[2]).toEqual({ id: "a-2", json: { id: "a-2", ...PACKET, user: "zoë" } });
    await receiver.close();
  });

  test.each([302, 400, 429, 500, 503])("V-33 has not acknowledged with %i", async (answer) => {
    const receiver = httpReceiver({ url: new URL(collector.url) });
    collector.answers.push(answer);
    await expect(receiver.deliver([batch("a", 1)], never)).rejects.toThrow(`the collector answered ${answer}`);
    await receiver.deliver([batch("a", 1)], never);
    await receiver.close();
  });

  test("a password goes into a header, and into no name", async () => {
    const receiver = httpReceiver({ url: new URL(collector.url.replace("//", "//ann:s%40crt@")) });
    expect(receiver.name).toBe(collector.url);
    await receiver.deliver([batch("a", 1)], never);
    await receiver.close();
  });
});

describe("a syslog receiver over TLS", async () => {
  const pair = await certificate();
  const receiver = new SyslogReceiver(pair);
  beforeEach(() => receiver.start());
  afterEach(() => receiver.stop());
  const open = (options = {}) =>
    syslogReceiver({ host: "127.0.0.1", port: receiver.port, ca: pair.cert, hostname: "gate way", ...options });

  test("V-33 gets RFC 5424 messages with the record's time and id", async () => {
    const sender = open();
    await sender.deliver([batch("a", 2), batch("b", 5000)], never);
    await sender.deliver([batch("c", 1)], never);
    expect(receiver.received).toHaveLength(5003);
    expect(receiver.messages[0]).toMatch(
      /^<134>1 2026-01-02T00:00:00\.000Z gateway sallyport-gateway - PACKET \[sallyport@32473 id="a-0"\] \{"id":"a-0"/,
    );
  });

  test("V-33 that dies in the middle has acknowledged nothing", async () => {
    const sender = open();
    const sent = sender.deliver([batch("a", 100_000)], never);
    const failed = expect(sent).rejects.toThrow();
    while (receiver.messages.length < 5100) await new Promise((resolve) => setTimeout(resolve, 1));
    await receiver.stop();
    await failed;
  });

  test("V-33 with a certificate that nobody vouches for gets nothing", async () => {
    receiver.received.length = 0;
    const untrusted = { host: "127.0.0.1", port: receiver.port };
    await expect(syslogReceiver(untrusted).deliver([batch("a", 1)], never)).rejects.toThrow("self-signed certificate");
    await expect(open({ host: "localhost" }).deliver([batch("a", 1)], never)).rejects.toThrow("does not match");
    expect(receiver.received).toEqual([]);
  });
});
