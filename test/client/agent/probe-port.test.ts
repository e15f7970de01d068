import { getEventListeners, once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { probePort } from "../../../client/agent/probe-port.js";

test("many ports at once leave no listener on the caller's signal, and its abort ends them", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const probes = Array.from({ length: 12 }, () => probePort("127.0.0.1", port, 300_000, signal));
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(new Set(await Promise.all(probes))).toEqual(new Set(["open"]));
  server.close();

  const stop = new AbortController();
  // A block that is kept for documents: nothing answers there.
  const silent = probePort("192.0.2.1", 9, 300_000, stop.signal);
  stop.abort();
  expect(await silent).toBe("unreachable");
});
