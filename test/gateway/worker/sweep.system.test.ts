/** The sweep in a lab of namespaces: real fping, a machine that is dead, and one that drops ICMP. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sweep } from "../../../gateway/worker/fping.js";
import { tcpAnswers } from "../../../gateway/worker/tcp-probe.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { freePort } from "../../../local/network/free-port.js";
import { Lab, labAddress, labAddress6 } from "../support/lab.js";

const support = await namespaceSupport();
if (typeof support === "string") console.log(`skipped: no network namespaces here: ${support}`);

describe.skipIf(typeof support === "string")("V-30: a sweep", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open();
    await lab.machine("lab3").runOk("ip", ["link", "set", "eth0", "down"]);
    const drop = "type filter hook input priority filter; policy accept; icmp type echo-request drop";
    await lab.machine("lab2").runOk("nft", ["-f", "-"], { input: `table inet lab {\nchain block {\n${drop}\n}\n}\n` });
  });
  afterAll(() => lab?.close());

  test("finds all that answer, of both families, and nobody else", async () => {
    const asked = [
      labAddress("lab1"),
      labAddress("lab2"),
      labAddress("lab3"),
      labAddress6("lab1"),
      labAddress6("lab3"),
    ];
    const alive = await sweep(asked, { fping: lab.gateway.enter(["fping"]), device: "lan0" });
    expect([...alive].sort()).toEqual([labAddress("lab1"), labAddress6("lab1")]);
  });

  test("an interface that is not there is an error, not a lab full of dead machines", async () => {
    const asked = sweep([labAddress("lab1")], { fping: lab.gateway.enter(["fping"]), device: "nosuch0" });
    await expect(asked).rejects.toThrow(/fping failed with status 1: binding to specific interface/);
  });
});

test("a refused connection is an answer of a machine that is there; silence is none", async () => {
  const port = await freePort();
  expect(await tcpAnswers("127.0.0.1", port)).toBe(true);
});
