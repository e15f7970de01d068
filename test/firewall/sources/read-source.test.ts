import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSource } from "../../../firewall/sources/parse-source.js";
import { type ReadOptions, readSource, readSources } from "../../../firewall/sources/read-source.js";
import { type DnsServer, startDnsServer } from "../../support/dns-server.js";
import { faultText } from "../../support/fault-text.js";
import { type ListServer, say, startListServer } from "../../support/list-server.js";

let dir: string;
let server: ListServer;
let dns: DnsServer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-sources-"));
  server = await startListServer((request, response) => {
    if (request.url === "/api/cluster/ip-addresses")
      say({ ipAddresses: ["101.2.3.4", "105.6.7.8"] })(request, response);
    else if (request.url === "/meta.json") say({ hooks: ["192.30.252.0/22", "2a0a:a440::/29"] })(request, response);
    else say("gone", 410)(request, response);
  });
  dns = await startDnsServer({
    "both.example": { A: ["101.2.3.4", "105.6.7.8"], AAAA: ["2600:1f18::7"] },
    "v4.example": { A: ["101.2.3.4"] },
    "none.example": {},
    "half.example": { A: ["101.2.3.4"], AAAA: "servfail" },
  });
});
afterAll(async () => {
  await server.close();
  await dns.close();
  await rm(dir, { recursive: true });
});

const read = (text: string, options: Partial<ReadOptions> = {}) =>
  readSource(parseSource(text), { env: {}, cwd: dir, dnsServers: [dns.address], ...options });

test("faculty: the addresses, each as the block of one", async () => {
  expect(await read(`faculty:${server.url}`)).toEqual(["101.2.3.4/32", "105.6.7.8/32"]);
});

test("json: at a URL, and in a file", async () => {
  expect(await read(`json:${server.url}/meta.json#/hooks`)).toEqual(["192.30.252.0/22", "2a0a:a440::/29"]);
  await writeFile(join(dir, "list.json"), '{"data": {"ips": ["101.2.3.4"]}}');
  expect(await read("json:list.json#/data/ips")).toEqual(["101.2.3.4/32"]);
});

describe("file:", () => {
  test("a list, from where the command runs", async () => {
    await writeFile(join(dir, "allowed.txt"), "# office\n101.2.3.4\n105.6.0.0/16\n");
    expect(await read("file:allowed.txt")).toEqual(["101.2.3.4/32", "105.6.0.0/16"]);
  });

  test("what cannot be read changes nothing", async () => {
    expect(await faultText(read("file:none.txt"))).toBe(
      'cannot read "file:none.txt": there is no such file\n  nothing was changed (exit 1)',
    );
    expect(await faultText(read("file:."))).toBe('"file:." is not a regular file\n  nothing was changed (exit 1)');
  });

  test("a named pipe is not waited for", async () => {
    execFileSync("mkfifo", [join(dir, "pipe")]);
    expect(await faultText(read("file:pipe"))).toBe(
      '"file:pipe" is not a regular file\n  nothing was changed (exit 1)',
    );
  });

  test("a file that is no text, or no list by its size", async () => {
    await writeFile(join(dir, "binary"), Buffer.from([0xff, 0xfe, 0x00]));
    expect(await faultText(read("file:binary"))).toBe(
      '"file:binary" is not UTF-8 text\n  nothing was changed (exit 1)',
    );
    await writeFile(join(dir, "large"), "#".repeat(1024 * 1024 + 1));
    expect(await faultText(read("file:large"))).toBe(
      '"file:large" is larger than 1048576 bytes, which no list of addresses is\n  nothing was changed (exit 1)',
    );
  });
});

describe("dns:", () => {
  test("every A and AAAA answer", async () => {
    expect(await read("dns:both.example")).toEqual(["101.2.3.4/32", "105.6.7.8/32", "2600:1f18::7/128"]);
    expect(await read("dns:V4.Example.")).toEqual(["101.2.3.4/32"]);
  });

  test("a name without addresses is an empty list, for the interlocks to judge", async () => {
    expect(await read("dns:none.example")).toEqual([]);
  });

  test.each([
    ["dns:missing.example", 'cannot read "dns:missing.example": there is no such name'],
    ["dns:half.example", 'cannot read "dns:half.example": the name server failed'],
  ])("%s is refused: half an answer is none", async (text, message) => {
    expect(await faultText(read(text))).toBe(`${message}\n  nothing was changed (exit 1)`);
  });
});

describe("aws:", () => {
  test("the published document, of a size that no other list has", async () => {
    const region = "eu-west-1";
    const filler = Array.from({ length: 12_000 }, (_, index) => ({
      ip_prefix: `52.${index >> 8}.${index & 255}.0/24`,
      region,
      service: "EC2",
      network_border_group: region,
    }));
    const prefixes = [...filler, { ip_prefix: "3.5.64.0/21", region, service: "S3" }];
    const ranges = await startListServer(say({ prefixes, ipv6_prefixes: [] }));
    const env = { SALLYPORT_AWS_IP_RANGES_URL: `${ranges.url}/ip-ranges.json` };
    try {
      expect(await read("aws:S3/eu-west-1", { env, authorization: "Bearer s3cret" })).toEqual(["3.5.64.0/21"]);
      expect(ranges.requests).toEqual([{ path: "/ip-ranges.json", authorization: undefined }]);
    } finally {
      await ranges.close();
    }
  });

  test("another place than AWS's has to be safe as well", async () => {
    const env = { SALLYPORT_AWS_IP_RANGES_URL: "http://example.com/ip-ranges.json" };
    expect(await faultText(read("aws:S3", { env }))).toMatch(
      /^"aws:http:\/\/example.com\/ip-ranges.json" has no https URL/,
    );
  });
});

describe("caller", () => {
  test("as named, or as the address services agree", async () => {
    expect(await read("caller", { env: { SALLYPORT_CALLER: "101.2.3.4" } })).toEqual(["101.2.3.4/32"]);
    expect(await read("caller", { caller: ["105.6.7.8"] })).toEqual(["105.6.7.8/32"]);
    const me = await startListServer(say("109.1.1.1\n"));
    try {
      const env = { SALLYPORT_CALLER_SERVICES: `${me.url}/a,${me.url}/b` };
      expect(await read("caller", { env })).toEqual(["109.1.1.1/32"]);
    } finally {
      await me.close();
    }
  });
});

describe("several sources", () => {
  const sources = (...texts: string[]) => texts.map(parseSource);
  const options = () => ({ env: {}, cwd: dir, dnsServers: [dns.address] });

  test("make one list, each address once", async () => {
    expect(await readSources(sources(`faculty:${server.url}`, "dns:both.example"), options())).toEqual([
      "101.2.3.4/32",
      "105.6.7.8/32",
      "2600:1f18::7/128",
    ]);
  });

  test("are one list or none: where one fails, nothing of the others counts", async () => {
    const both = sources("dns:both.example", `json:${server.url}/missing`);
    expect(await faultText(readSources(both, options()))).toBe(
      `"json:${server.url}/missing" answered with status 410\n  nothing was changed (exit 1)`,
    );
  });
});
