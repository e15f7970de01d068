import { expect, test } from "vitest";
import { parseDestination } from "../../../gateway/logs/open-log.js";

test("where the log goes", () => {
  expect(parseDestination("syslog+tls://logs.example.com:6515")).toEqual({
    kind: "syslog",
    host: "logs.example.com",
    port: 6515,
  });
  expect(parseDestination("syslog+tls://[2001:db8::7]")).toEqual({ kind: "syslog", host: "2001:db8::7" });
  expect(parseDestination("https://logs.example.com/in")).toMatchObject({ kind: "http" });
  expect(parseDestination("nats+tls://ann:s%40crt@logs.example.com/firewall.new")).toEqual({
    kind: "nats",
    host: "logs.example.com",
    subject: "firewall.new",
    tls: true,
    user: "ann",
    password: "s@crt",
  });
  expect(parseDestination("nats://127.0.0.1:4333/firewall")).toMatchObject({ kind: "nats", port: 4333, tls: false });
  expect(parseDestination("http://127.0.0.1:9000/in")).toMatchObject({ kind: "http" });
});

test.each([
  "http://logs.example.com/in",
  "http://127.0.0.1.example.com/in",
  "syslog://logs.example.com",
  "syslog+tls://user@logs.example.com",
  "nats://logs.example.com/firewall",
  "nats+tls://logs.example.com",
  "nats+tls://logs.example.com/firewall.>",
  "nats+tls://logs.example.com/firewall/new",
  "nats+tls://logs.example.com/a%20b",
  "logs.example.com",
])("%s is refused: a log names who talks with whom", (target) => {
  expect(() => parseDestination(target)).toThrow(`log.target is "${target}"`);
});
