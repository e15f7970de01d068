/** Lines of the kernel's packet log: what the kernel prints is read, and other lines are no packets. */
import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalAddress } from "../../../../gateway/logs/source/address.js";
import { kernelLineParser } from "../../../../gateway/logs/source/parse-kernel-line.js";
import { RUNS } from "../../../support/properties.js";

const parse = kernelLineParser({ zone: "UTC" });

/** As the kernel prints IPv6: all eight groups, in full. */
const full = fc
  .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16).padStart(4, "0")).join(":"));
const packet = fc.record({
  time: fc.date({ min: new Date(0), max: new Date("2090-01-01"), noInvalidDate: true }),
  addresses: fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(full, full)),
  protocol: fc.constantFrom("TCP", "UDP", "ICMP", "ICMPv6", "47"),
  ports: fc.option(fc.tuple(fc.nat(65_535), fc.nat(65_535))),
  interfaces: fc.tuple(fc.constantFrom("", "wan0", "eth0.1"), fc.constantFrom("", "lan0")),
  prefix: fc.stringMatching(/^[a-z:-]{0,10}$/),
});

test("what the kernel prints is read", () => {
  fc.assert(
    fc.property(packet, ({ time, addresses: [source, target], protocol, ports, interfaces: [into, out], prefix }) => {
      const stamp = time.toISOString();
      const tail = ports === null ? "" : ` SPT=${ports[0]} DPT=${ports[1]} WINDOW=64240 SYN`;
      const rest = `SRC=${source} DST=${target} LEN=60 TTL=63 ID=1 PROTO=${protocol}${tail} `;
      const read = parse(`${stamp} gw kernel: [ 12.345678] ${prefix}IN=${into} OUT=${out} MAC=00:11 ${rest}`);
      expect(read).toEqual({
        time: time.getTime(),
        source: canonicalAddress(source),
        target: canonicalAddress(target),
        protocol: protocol.toLowerCase(),
        ...(ports === null ? {} : { sourcePort: ports[0], targetPort: ports[1] }),
        in: into,
        out,
      });
    }),
    RUNS,
  );
});

test("node:net and URL agree on addresses, and a canonical one is its own", () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), full, fc.string({ unit: fc.constantFrom(..."0123456789abcf:./ %") }));
  fc.assert(
    fc.property(text, (each) => {
      const canonical = canonicalAddress(each);
      if (each.includes("%")) return;
      expect([each, canonical === undefined]).toEqual([each, isIP(each) === 0]);
      if (canonical === undefined) return;
      expect(canonicalAddress(canonical)).toBe(canonical);
      if (isIP(canonical) === 6) expect(new URL(`http://[${each}]`).hostname).toBe(`[${canonical}]`);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});

test("a line that somebody wrote makes no packet but a whole one, and no error", () => {
  const unit = fc.constantFrom(
    ..." =:-T.Z0129abc",
    "2026-01-02T03:04:05Z ",
    "Jan  2 03:04:05 ",
    " SRC=",
    " DST=",
    " PROTO=",
    " SPT=",
    "IN=",
    " OUT=",
    "192.0.2.1",
    "TCP",
    "\0",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), (line) => {
      const read = parse(line);
      if (read === undefined) return;
      expect([isIP(read.source), isIP(read.target)]).not.toContain(0);
      expect(Number.isSafeInteger(read.time)).toBe(true);
      expect(read.in + read.out).toMatch(/^[\w.:@-]*$/);
    }),
    { ...RUNS, numRuns: 3_000 },
  );
});
