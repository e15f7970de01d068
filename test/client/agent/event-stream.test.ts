import { describe, expect, it } from "vitest";
import { EventStream } from "../../../client/agent/event-stream.js";

const text = [
  "\ufeff: a comment",
  "retry: 1000",
  "",
  "event: state",
  "id: 7",
  'data: {"a":1}',
  "",
  "data:first",
  "data: second",
  "data",
  "unknown: field",
  "",
  "event: nothing",
  "",
  "data: cut off",
].join("\n");

const expected = [
  { event: "state", data: '{"a":1}' },
  { event: "message", data: "first\nsecond\n" },
];

describe("server-sent events", () => {
  it.each(["\n", "\r\n", "\r"])("are the same with lines ended by %j, however they are cut", (end) => {
    const all = text.replaceAll("\n", end);
    for (const size of [1, 2, 3, 7, all.length]) {
      const stream = new EventStream();
      const events = [];
      for (let at = 0; at < all.length; at += size) events.push(...stream.push(all.slice(at, at + size)));
      expect(events).toEqual(expected);
      expect(stream.lastId).toBe("7");
    }
  });

  it("tell how much waits for its end, so that it can be bounded", () => {
    const stream = new EventStream();
    stream.push(`data: ${"x".repeat(1000)}\ndata: ${"y".repeat(1000)}`);
    expect(stream.pending).toBeGreaterThanOrEqual(2000);
    stream.push("\n\n");
    expect(stream.pending).toBe(0);
  });
});
