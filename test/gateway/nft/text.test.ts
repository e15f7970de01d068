import { describe, expect, test } from "vitest";
import { parseBlocks } from "../../../gateway/forwards/block.js";
import { elementsOf, listedForwards } from "../../../gateway/nft/elements.js";
import { readMonitorLine } from "../../../gateway/nft/monitor.js";
import { tableText } from "../../../gateway/nft/ruleset.js";
import { transactionText } from "../../../gateway/nft/transaction.js";
import { aForward } from "../support/a-forward.js";

const forward = aForward();
const options = {
  wan: "wan0",
  lan: "lan0",
  labNetworks: parseBlocks(["192.168.1.0/24"]),
  ownPorts: [22, 443],
  ports: { min: 50_000, max: 50_100 },
  logGroup: 5,
};

test("one forward is one element with its id as comment, and one that counts", () => {
  expect(elementsOf(forward).map(({ set, text }) => [set, text])).toEqual([
    ["used_tcp", '50000 comment "0m5x-1a2b"'],
    ["target4", 'tcp . 50000 comment "0m5x-1a2b" : 192.168.1.5 . 22'],
  ]);
});

test("sources are elements of the fence around the port", () => {
  const fenced = { ...forward, sources: ["198.51.100.0/24", "2001:db8::/32"], targetAddr: "fd00:1::5" };
  expect(elementsOf(fenced).map(({ set, key }) => [set, key])).toEqual([
    ["allowed4", "tcp . 50000 . 198.51.100.0/24"],
    ["allowed6", "tcp . 50000 . 2001:db8::/32"],
    ["restricted", "tcp . 50000"],
    ["used_tcp", "50000"],
    ["target6", "tcp . 50000"],
  ]);
});

test("a transaction is one line, and a removal shuts the door before the path behind it", () => {
  expect(
    transactionText([
      { kind: "remove", forward },
      { kind: "add", forward: { ...forward, connPort: 50_001 } },
    ]),
  ).toBe(
    [
      "delete element inet sallyport target4 { tcp . 50000 }",
      "delete element inet sallyport used_tcp { 50000 }",
      'add element inet sallyport used_tcp { 50001 comment "0m5x-1a2b" }',
      'add element inet sallyport target4 { tcp . 50001 comment "0m5x-1a2b" : 192.168.1.5 . 22 }',
    ].join("; "),
  );
});

describe("V-21: the base policy", () => {
  const text = tableText(options, [forward], new Map());
  test("replaces the table whole, in one transaction", () => {
    expect(text.split("\n").slice(0, 3)).toEqual([
      "add table inet sallyport",
      "delete table inet sallyport",
      "table inet sallyport {",
    ]);
  });
  test("drops what is forwarded and what comes in, and logs NEW packets only", () => {
    expect(text).toContain("type filter hook forward priority filter; policy drop;");
    expect(text).toContain("type filter hook input priority filter; policy drop;");
    expect(text.match(/^.*\blog\b.*$/gm)).toEqual(['ct state new log prefix "sallyport" group 5']);
  });
  test("keeps what was counted", () => {
    const counted = tableText(options, [forward], new Map([[forward.id, { packets: 3, bytes: 180, connections: 1 }]]));
    expect(counted).toContain('50000 counter packets 3 bytes 180 comment "0m5x-1a2b"');
  });
});

test("V-10: nothing that is no id or no interface name gets into the text", () => {
  const evil = '" ; flush ruleset ; "';
  expect(() => elementsOf({ ...forward, id: evil })).toThrow("letters, digits and dashes");
  expect(() => tableText({ ...options, lan: evil }, [], new Map())).toThrow("is no interface name");
});

test("what is listed is read back", () => {
  const listed = {
    nftables: [
      { metainfo: {} },
      {
        map: {
          name: "target4",
          elem: [
            [
              { elem: { val: { concat: ["tcp", 50_000] }, comment: "0m5x-1a2b", counter: { packets: 2, bytes: 120 } } },
              { concat: ["192.168.1.5", 22] },
            ],
          ],
        },
      },
      { set: { name: "restricted", elem: [{ concat: ["tcp", 50_000] }] } },
      {
        set: {
          name: "used_tcp",
          elem: [{ elem: { val: 50_000, comment: "0m5x-1a2b", counter: { packets: 3, bytes: 180 } } }, 50_050],
        },
      },
    ],
  };
  expect(listedForwards(listed)).toEqual([
    { id: "0m5x-1a2b", connPort: 50_000, packets: 3, bytes: 180, connections: 2 },
  ]);
  expect(listedForwards(undefined)).toEqual([]);
});

test("the monitor's lines: changes of our table and marks, who committed, and lost events", () => {
  const change = (line: string, marks: readonly string[] = []) => {
    const event = readMonitorLine(line, marks);
    return event.kind === "change" ? [event.isOurTable, event.mark] : event;
  };
  expect(change("add element inet sallyport target4 { tcp . 1 : 10.0.0.1 . 2 }")).toEqual([true, undefined]);
  expect(change("delete table inet sallyport")).toEqual([true, undefined]);
  expect(change("add table inet sallyport2")).toEqual([false, undefined]);
  expect(change("add table inet mark_1", ["mark_0", "mark_1"])).toEqual([false, "mark_1"]);
  expect(change("add table inet mark_1x", ["mark_0", "mark_1"])).toEqual([false, undefined]);
  expect(change("# new generation 7 by process 4711 (nft)")).toEqual({ kind: "commit", pid: 4711 });
  expect(change("# ERROR: We lost some netlink events!")).toEqual({ kind: "overflow" });
});
