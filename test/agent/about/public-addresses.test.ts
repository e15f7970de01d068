/** The agent tells others from where its host is seen, when asked to; the kit's own sync can follow it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect } from "vitest";
import { publicAddresses } from "../../../agent/about/public-addresses.js";
import { readFaculty } from "../../../firewall/sources/faculty.js";
import { createMetadataServer } from "../../../local/emulator/imds.js";
import { test } from "../../fixtures/agent.js";
import { someInstance } from "../../local/support/facts.js";

const PATH = "/api/cluster/ip-addresses";
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** @returns the environment of a machine whose metadata service says that. */
async function metadata(publicIp: string): Promise<NodeJS.ProcessEnv> {
  const server = createMetadataServer({ facts: someInstance({ publicIp }) }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const yaml = "serve_addresses: true";

describe(`GET ${PATH}`, () => {
  test("answers with the public address, in the shape that an address list has", async ({ startAgent }) => {
    const { ask } = await startAgent({ yaml, env: await metadata("198.51.100.20") });
    const reply = await ask(PATH);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body.toString())).toEqual({ ipAddresses: ["198.51.100.20"] });
    expect(readFaculty(reply.body.toString(), "the agent")).toMatchObject([{ text: "198.51.100.20" }]);
  });

  test("needs the token", async ({ startAgent }) => {
    const { ask } = await startAgent({ yaml, env: await metadata("198.51.100.20") });
    expect((await ask(PATH, { headers: { Authorization: "" } })).status).toBe(401);
  });

  test("is 503, never an empty list, where the metadata service does not answer", async ({ startAgent }) => {
    const { ask } = await startAgent({ yaml, env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" } });
    const reply = await ask(PATH);
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ title: "Service unavailable" });
  });

  test("is not there unless it is asked for", async ({ startAgent }) => {
    const { ask } = await startAgent({ env: await metadata("198.51.100.20") });
    expect((await ask(PATH)).status).toBe(404);
  });
});

test("a machine without a public address has none to tell", async () => {
  expect(await publicAddresses(await metadata(""))).toEqual([]);
});
