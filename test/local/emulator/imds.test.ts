import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMetadataServer } from "../../../local/emulator/imds.js";
import type { InstanceRole } from "../../../local/emulator/instance-role.js";
import { someInstance } from "../support/facts.js";

const TTL = "x-aws-ec2-metadata-token-ttl-seconds";
let server: Server;
let base = "";
let clock = 1_000_000;

const role: InstanceRole = {
  name: "accelerator-host",
  credentials: async () => ({
    accessKeyId: "ASIA1",
    secretAccessKey: "secret",
    sessionToken: "session",
    expiration: new Date("2026-01-02T09:00:00Z"),
  }),
};

async function serve(part: Parameters<typeof someInstance>[0] = {}): Promise<void> {
  server = createMetadataServer({ facts: someInstance(part), role, now: () => clock });
  await once(server.listen(0, "127.0.0.1"), "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const newToken = async (ttl = "60") =>
  (await fetch(`${base}/latest/api/token`, { method: "PUT", headers: { [TTL]: ttl } })).text();

const get = async (path: string, token?: string) => {
  const headers: Record<string, string> = { "x-aws-ec2-metadata-token": token ?? (await newToken()) };
  const response = await fetch(`${base}${path}`, { headers });
  return { status: response.status, body: await response.text(), ttl: response.headers.get(TTL) };
};

beforeEach(async () => {
  clock = 1_000_000;
  await serve();
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("session tokens", () => {
  test.each(["0", "-1", "21601", "1.5", "soon", ""])("a lifetime of %j is refused", async (ttl) => {
    const response = await fetch(`${base}/latest/api/token`, { method: "PUT", headers: { [TTL]: ttl } });
    expect(response.status).toBe(400);
  });

  test("a request for a token without lifetime is refused", async () => {
    expect((await fetch(`${base}/latest/api/token`, { method: "PUT" })).status).toBe(400);
  });

  test("a token is not issued through a proxy", async () => {
    const headers = { [TTL]: "60", "x-forwarded-for": "198.51.100.7" };
    expect((await fetch(`${base}/latest/api/token`, { method: "PUT", headers })).status).toBe(403);
  });

  test("nothing is answered without a token, with a made-up one, or with one that has run out", async () => {
    expect((await fetch(`${base}/latest/user-data`)).status).toBe(401);
    expect((await get("/latest/user-data", "made-up")).status).toBe(401);
    const token = await newToken("60");
    clock += 59_000;
    expect(await get("/latest/meta-data/instance-id", token)).toMatchObject({ status: 200, ttl: "1" });
    clock += 1_000;
    expect((await get("/latest/meta-data/instance-id", token)).status).toBe(401);
  });

  test("an instance that allows version 1 answers without one", async () => {
    server.close();
    await serve({ tokensRequired: false });
    expect((await fetch(`${base}/latest/meta-data/instance-id`)).status).toBe(200);
  });

  test("other methods are refused", async () => {
    expect((await fetch(`${base}/latest/meta-data/`, { method: "POST" })).status).toBe(405);
  });
});

const leaves: [path: string, body: string][] = [
  ["/latest/meta-data/instance-id", "i-0123456789abcdef0"],
  ["/2009-04-04/meta-data/instance-id", "i-0123456789abcdef0"],
  ["/latest/meta-data/hostname", "ip-10-247-16-122.ec2.internal"],
  ["/latest/meta-data/local-ipv4", "10.247.16.122"],
  ["/latest/meta-data/public-ipv4", "54.214.148.144"],
  ["/latest/meta-data/placement/region", "us-east-1"],
  ["/latest/meta-data/public-keys/", "0=sallyport"],
  ["/latest/meta-data/public-keys/0/", "openssh-key"],
  ["/latest/meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAAC3Nza sallyport\n"],
  ["/latest/meta-data/network/interfaces/macs/", "02:00:00:39:de:98/"],
  ["/latest/meta-data/iam/security-credentials/", "accelerator-host"],
  ["/latest/user-data", "#!/bin/sh\nid\n"],
];

test.each(leaves)("%s", async (path, body) => {
  expect(await get(path)).toMatchObject({ status: 200, body });
});

test.each([
  "/latest/meta-data/nonsense",
  "/latest/meta-data/instance-id/x",
  "/1999-01-01/meta-data/",
  "/latest/meta-data/constructor",
])("%s is not there", async (path) => {
  expect((await get(path)).status).toBe(404);
});

test("the role's credentials have the shape that AWS tools read", async () => {
  const { body } = await get("/latest/meta-data/iam/security-credentials/accelerator-host");
  expect(JSON.parse(body)).toMatchObject({
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: "ASIA1",
    SecretAccessKey: "secret",
    Token: "session",
    Expiration: "2026-01-02T09:00:00Z",
  });
});

test("the identity document names instance, account and region", async () => {
  const { body } = await get("/latest/dynamic/instance-identity/document");
  expect(JSON.parse(body)).toMatchObject({
    instanceId: "i-0123456789abcdef0",
    accountId: "123456789012",
    region: "us-east-1",
  });
});

test("an instance without user data, key or role has no such entries", async () => {
  server.close();
  server = createMetadataServer({ facts: someInstance({ userData: undefined, key: undefined }) });
  await once(server.listen(0, "127.0.0.1"), "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ["/latest/user-data", "/latest/meta-data/public-keys/", "/latest/meta-data/iam/info"]) {
    expect((await get(path)).status).toBe(404);
  }
});

describe("interfaces", () => {
  const lan = {
    deviceNumber: 1,
    interfaceId: "eni-2",
    mac: "02:00:00:00:00:22",
    privateIp: "10.71.1.9",
    subnetId: "subnet-2",
    cidr: "10.71.1.0/24",
    securityGroups: [{ id: "sg-2", name: "lab" }],
  };
  const root = "/latest/meta-data/network/interfaces/macs";

  test("each is listed by its MAC, and says which one it is", async () => {
    server.close();
    await serve({ furtherInterfaces: [lan] });
    expect((await get(`${root}/`)).body).toBe("02:00:00:39:de:98/\n02:00:00:00:00:22/");
    expect((await get(`${root}/02:00:00:39:de:98/device-number`)).body).toBe("0");
    expect((await get(`${root}/02:00:00:00:00:22/device-number`)).body).toBe("1");
    expect((await get(`${root}/02:00:00:00:00:22/local-ipv4s`)).body).toBe("10.71.1.9");
    expect((await get(`${root}/02:00:00:00:00:22/security-group-ids`)).body).toBe("sg-2");
  });

  test("only the one that has the public address tells it", async () => {
    server.close();
    await serve({ furtherInterfaces: [lan] });
    expect((await get(`${root}/02:00:00:39:de:98/public-ipv4s`)).body).toBe("54.214.148.144");
    expect((await get(`${root}/02:00:00:00:00:22/public-ipv4s`)).status).toBe(404);
  });
});
