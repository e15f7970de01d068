import { pino } from "pino";
import { expect, test } from "vitest";
import { type AccessEntry, accessLines, accessLog } from "../../../http/server/access-log.js";

const ENTRY: AccessEntry = {
  id: "7f3c",
  remote: "198.51.100.20",
  method: "GET",
  path: "/v1/files/shared/a",
  status: 200,
  bytes: 1024,
  ms: 0.4,
  verdict: "ok",
  who: "6bc14bdc",
};
const TIME = () => ',"time":"2026-01-02T03:04:05.678Z"';

test.each<[string, Partial<AccessEntry>]>([
  ["an ordinary request", {}],
  ["an upload", { method: "PUT", received: 5, status: 201, bytes: 0 }],
  ["a failure", { status: 500, cause: 'EIO: "disk"\n\u0000\u2028' }],
  ["a hostile path", { path: '/"\\\u0001\u007f\u00ff,"status":200' }],
  ["a very long path", { path: "/x".repeat(5_000) }],
  ["what never was a request", { id: "", method: "", path: "", remote: "2001:db8::1", status: 400, ms: 0 }],
])("lines made by hand are pino's, byte for byte: %s", (_title, more) => {
  const entry = { ...ENTRY, ...more };
  const byHand: string[] = [];
  const byPino: string[] = [];
  accessLines((line) => byHand.push(line), TIME)(entry);
  const formatters = { level: (level: string) => ({ level }) };
  accessLog(pino({ base: null, timestamp: TIME, formatters }, { write: (line: string) => byPino.push(line) }))(entry);
  expect(JSON.parse(byHand[0] ?? "")).toEqual(JSON.parse(byPino[0] ?? ""));
  expect(byHand).toEqual(byPino);
});
