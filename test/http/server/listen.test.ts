import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { LIMITS } from "../../../http/server/limits.js";
import { httpServer, listen, type Server } from "../../../http/server/server.js";

const servers: Array<{ close(): unknown }> = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
const make = (): Server => {
  const server = httpServer(
    () => undefined,
    LIMITS,
    () => undefined,
  );
  servers.push(server);
  return server;
};

test("a port that is taken is one clear line", async () => {
  const taken = createServer();
  servers.push(taken);
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const fault = await listen(make(), "127.0.0.1", port).catch((error: unknown) => error);
  expect(fault).toMatchObject({
    code: "http/port-taken",
    message: `port ${port} on "127.0.0.1" is already taken`,
    hint: `see who has it with "ss -ltnp 'sport = :${port}'", or set another port under "listen"`,
    exit: 1,
  });
});

test("an address of another machine is one clear line", async () => {
  await expect(listen(make(), "203.0.113.7", 0)).rejects.toMatchObject({
    code: "http/address-missing",
    message: '"203.0.113.7" is not an address of this machine',
    hint: 'write "::" to listen on every address',
  });
});

test("port 0 is the kernel's choice", async () => {
  expect(await listen(make(), "127.0.0.1", 0)).toBeGreaterThan(1023);
});
