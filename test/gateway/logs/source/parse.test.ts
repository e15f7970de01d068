import { describe, expect, test } from "vitest";
import { idAndTime, recordJson } from "../../../../gateway/logs/record.js";
import { kernelLineParser } from "../../../../gateway/logs/source/parse-kernel-line.js";
import { ulogdParser } from "../../../../gateway/logs/source/parse-ulogd.js";

const NOW = Date.UTC(2026, 10, 21, 12);
const parse = kernelLineParser({ zone: "America/New_York", now: () => NOW });
const REST =
  "IN=ens160 OUT=ens192 MAC=00:50:56 SRC=192.168.1.2 DST=65.200.22.114 LEN=40 TOS=0x00 PROTO=TCP SPT=48884 DPT=80 WINDOW=229 RES=0x00 ACK FIN URGP=0";
const timeOf = (stamp: string, options: Parameters<typeof kernelLineParser>[0] = { zone: "UTC", now: () => NOW }) =>
  kernelLineParser(options)(`${stamp} HOST kernel: ${REST}`)?.time;

describe("V-32 a line of the kernel's log", () => {
  test("V-32 says when, who, whither, and keeps ports and protocol", () => {
    expect(parse(`2018-11-01T09:30:56.693495-04:00 HOST kernel: [   31.452226] ${REST}`)).toEqual({
      time: Date.UTC(2018, 10, 1, 13, 30, 56, 693),
      source: "192.168.1.2",
      target: "65.200.22.114",
      protocol: "tcp",
      sourcePort: 48884,
      targetPort: 80,
      in: "ens160",
      out: "ens192",
    });
  });

  test.each([
    ["2018-11-01T09:30:56.693495-04:00", "2018-11-01T13:30:56.693Z"],
    ["2018-11-01T09:30:56.9999+05:30", "2018-11-01T04:00:56.999Z"],
    ["2018-11-01T09:30:56Z", "2018-11-01T09:30:56.000Z"],
    ["2018-11-01T09:30:56.5", "2018-11-01T09:30:56.500Z"],
  ])("V-32 %s is %s, wherever it is read", (stamp, expected) => {
    expect(new Date(timeOf(stamp) ?? 0).toISOString()).toBe(expected);
  });

  test.each([
    ["Nov  1 09:30:56", "UTC", "2026-11-01T09:30:56.000Z"],
    ["Nov  1 09:30:56", "America/New_York", "2026-11-01T14:30:56.000Z"],
    ["Jul 11 09:30:56", "America/New_York", "2026-07-11T13:30:56.000Z"],
    ["Dec 31 23:59:59", "UTC", "2025-12-31T23:59:59.000Z"],
    ["Nov 21 23:00:00", "UTC", "2026-11-21T23:00:00.000Z"],
    ["Feb 29 00:00:00", "UTC", "2024-02-29T00:00:00.000Z"],
  ])("V-32 %s in %s is %s: the latest that is not in the future", (stamp, zone, expected) => {
    expect(new Date(timeOf(stamp, { zone, now: () => NOW }) ?? 0).toISOString()).toBe(expected);
  });

  test("V-32 December's lines, read after the New Year, are of last year", () => {
    const options = { zone: "UTC", now: () => Date.UTC(2027, 0, 1, 0, 5) };
    expect(timeOf("Dec 31 23:59:59", options)).toBe(Date.UTC(2026, 11, 31, 23, 59, 59));
    expect(timeOf("Jan  1 00:00:01", options)).toBe(Date.UTC(2027, 0, 1, 0, 0, 1));
  });

  test("a reader that remembers reads as one that does not, in any order", () => {
    const stamps = [
      "2018-11-01T09:30:56.693495-04:00",
      "2018-11-01T09:30:56.100000-04:00",
      "2018-11-01T09:30:56.100000-05:00",
      "2018-11-01T09:30:56.1",
      "2018-11-01T09:30:56",
      "2018-11-01T09:30:57.2-05:00",
      "Nov  1 09:30:56",
      "Nov  1 09:30:57",
    ];
    for (const first of stamps) {
      for (const second of stamps) {
        const one = kernelLineParser({ zone: "UTC", now: () => NOW });
        one(`${first} HOST kernel: ${REST}`);
        expect(one(`${second} HOST kernel: ${REST}`)?.time, `${second} after ${first}`).toBe(timeOf(second));
      }
    }
  });

  test("LOGEMU's lines of both families are read, addresses in canonical form", () => {
    const line =
      "Nov 21 05:17:19 vm sallyport IN= OUT=lo MAC= SRC=fd00:0000:0000:0000:0000:0000:0000:0001 DST=::1 LEN=49";
    expect(parse(`${line} TC=0 HOPLIMIT=64 PROTO=UDP SPT=49249 DPT=53 LEN=9`)).toMatchObject({
      source: "fd00::1",
      target: "::1",
      protocol: "udp",
      targetPort: 53,
      in: "",
      out: "lo",
    });
    const icmp = parse(
      "Nov 21 05:17:19 vm sallyport IN= OUT=lo MAC= SRC=127.0.0.1 DST=127.0.0.1 LEN=57 PROTO=ICMP TYPE=3",
    );
    expect(icmp).toMatchObject({ protocol: "icmp" });
    expect(icmp).not.toHaveProperty("targetPort");
  });

  test.each([
    "",
    "2018-11-01T09:30:56-04:00 HOST kernel: eth0: link up",
    `yesterday HOST kernel: ${REST}`,
    `2018-13-01T09:30:56Z HOST kernel: ${REST}`,
    `2018-02-30T09:30:56Z HOST kernel: ${REST}`,
    `2018-11-01T09:30:56+99:00 HOST kernel: ${REST}`,
    `Now  1 09:30:56 HOST kernel: ${REST}`,
    'Nov  1 09:30:56 HOST kernel: IN= OUT= SRC=1.2.3.4","user":"admin DST=1.2.3.4 PROTO=TCP',
    "Nov  1 09:30:56 HOST kernel: IN= OUT= SRC=1.2.3.4 DST=1.2.3 PROTO=TCP",
    "Nov  1 09:30:56 HOST kernel: IN= OUT= SRC=1.2.3.4 DST=1.2.3.4",
  ])("what is no packet is none: %s", (line) => {
    expect(parse(line)).toBeUndefined();
  });
});

describe("V-32 ulogd2's JSON", () => {
  const LINE =
    '{"timestamp": "2026-11-21T05:17:19.704897", "dvc": "Netfilter", "oob.prefix": "sallyport", "oob.time.sec": 1795238239, "oob.time.usec": 704897, "oob.family": 2, "oob.protocol": 2048, "ip.protocol": 6, "src_port": 56346, "dest_port": 22, "tcp.syn": 1, "oob.in": "wan0", "oob.out": "lan0", "src_ip": "198.51.100.7", "dest_ip": "192.168.1.11"}';

  test("V-32 has the packet's time, whatever zone its text is in", () => {
    expect(ulogdParser({ zone: "Asia/Tokyo" })(LINE)).toEqual({
      time: 1795238239704,
      source: "198.51.100.7",
      target: "192.168.1.11",
      protocol: "tcp",
      sourcePort: 56346,
      targetPort: 22,
      in: "wan0",
      out: "lan0",
    });
  });

  test("without the packet's time, the text counts", () => {
    const line = LINE.replace(/"oob.time.sec": \d+, /, "");
    expect(ulogdParser({ zone: "Asia/Tokyo" })(line)?.time).toBe(Date.UTC(2026, 10, 20, 20, 17, 19, 704));
  });

  test.each(["", "{", "[]", "{}", '{"src_ip": 1}', LINE.slice(0, -10), LINE.replace("198.51.100.7", "x")])(
    "what is no packet is none: %s",
    (line) => {
      expect(ulogdParser()(line)).toBeUndefined();
    },
  );
});

describe("a record as JSON", () => {
  test("V-32 is what JSON.parse makes of it, names escaped; id and time are found without parsing", () => {
    const packet = { ...(parse(`Nov  1 09:30:56 HOST kernel: ${REST}`) as NonNullable<ReturnType<typeof parse>>) };
    const forwardRef = { user: 'a"\n\\', forwardId: "0001-a", connPort: 50000 };
    const json = recordJson("key-12", packet, forwardRef);
    expect(JSON.parse(json)).toEqual({ id: "key-12", ...packet, ...forwardRef });
    expect(idAndTime(json)).toEqual({ id: "key-12", time: packet.time });
  });
});
