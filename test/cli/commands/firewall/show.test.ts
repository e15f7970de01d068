import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runInProcess } from "../../../support/run-cli.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "firewall-show-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function firewall(yaml: string, ...args: string[]) {
  await writeFile(join(dir, "sallyport.yaml"), yaml);
  return runInProcess(["firewall", ...args], { cwd: dir, env: { HOME: dir } });
}

const DASK = [
  "profile: dask",
  "caller: 203.0.113.7",
  "allow_ports: [22]",
  "enable_public_ssh: false",
  "firewall:",
  "  ports: [100, 8786]",
  "  cidr: 10.1.0.2/16",
  "",
].join("\n");

describe("firewall show", () => {
  test("prints protocol, port and source, and warns of what is there twice", async () => {
    const { code, stdout, stderr } = await firewall(DASK, "show");
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Protocol  Port         Source
      tcp       8787         10.1.0.0/16
      tcp       8786         10.1.0.0/16
      tcp       22           203.0.113.7/32
      tcp       100          10.1.0.0/16

      inside the VPC (a second group)
      Protocol  Port         Source
      tcp       22           <vpc-cidr>
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "warning: sallyport.yaml:7:3: firewall.cidr "10.1.0.2/16" has bits set outside its mask /16: read as "10.1.0.0/16"
      warning: 8786 from 10.1.0.0/16 is asked for twice: by enable_public_http (built in) and by firewall.ports[1] (sallyport.yaml:6:16)
      warning: no rule opens 443: nobody will reach the hosts' files and API
      "
    `);
  });

  test("--why prints the option, the file and line, and the step that made each row", async () => {
    expect((await firewall(DASK, "show", "--why")).stdout).toMatchInlineSnapshot(`
      "Protocol  Port         Source
      tcp       8787         10.1.0.0/16
          profile (sallyport.yaml:1:1) dask turns enable_public_http on
          enable_public_http (built in) opens 8787 to 0.0.0.0/0
          firewall.cidr (sallyport.yaml:7:3) "10.1.0.2/16" is read as 10.1.0.0/16
          firewall.cidr (sallyport.yaml:7:3) 10.1.0.0/16 takes the place of 0.0.0.0/0
      tcp       8786         10.1.0.0/16
          profile (sallyport.yaml:1:1) dask turns enable_public_http on
          enable_public_http (built in) opens 8786 to 0.0.0.0/0
          firewall.cidr (sallyport.yaml:7:3) "10.1.0.2/16" is read as 10.1.0.0/16
          firewall.cidr (sallyport.yaml:7:3) 10.1.0.0/16 takes the place of 0.0.0.0/0
          firewall.ports[1] (sallyport.yaml:6:16) opens 8786 to 10.1.0.0/16
      tcp       22           203.0.113.7/32
          caller (sallyport.yaml:2:1) is 203.0.113.7/32
          allow_ports (sallyport.yaml:3:1) opens 22 to 203.0.113.7/32
      tcp       100          10.1.0.0/16
          firewall.cidr (sallyport.yaml:7:3) "10.1.0.2/16" is read as 10.1.0.0/16
          firewall.ports[0] (sallyport.yaml:6:11) opens 100 to 10.1.0.0/16

      inside the VPC (a second group)
      Protocol  Port         Source
      tcp       22           <vpc-cidr>
          enable_public_ssh (sallyport.yaml:4:1) is false: 22 is for the VPC
      "
    `);
  });

  test("--json is for programs", async () => {
    const { stdout } = await firewall("caller: 203.0.113.7\nallow_ports: [443]\n", "show", "--json");
    expect(JSON.parse(stdout)).toEqual({
      rows: [
        {
          protocol: "tcp",
          ports: "443",
          source: "203.0.113.7/32",
          option: "caller",
          origin: "sallyport.yaml:1:1",
          why: [
            { option: "caller", origin: "sallyport.yaml:1:1", text: "is 203.0.113.7/32" },
            { option: "allow_ports", origin: "sallyport.yaml:2:1", text: "opens 443 to 203.0.113.7/32" },
          ],
        },
      ],
      internal: [],
    });
  });

  test("needs no caller, and no network, where no option lets callers in", async () => {
    const { code, stdout } = await firewall("disable_public_ingress: true\nallow_ports: [443]\n", "show");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "Protocol  Port         Source\ntcp       443          <vpc-cidr>\n",
    });
  });

  test("says it when nobody gets in", async () => {
    const { stdout, stderr } = await firewall("ingress: []\n", "show");
    expect(stdout).toBe("nobody is let in from outside\n");
    expect(stderr).toBe("warning: no rule opens 443: nobody will reach the hosts' files and API\n");
  });

  test("a contradiction names both places (T4)", async () => {
    const { code, stderr } = await firewall("ingress: []\nenable_public_ssh: true\n", "show");
    expect(code).toBe(2);
    expect(stderr).toMatchInlineSnapshot(`
      "error: sallyport.yaml:1:1: ingress and enable_public_ssh (sallyport.yaml:2:1) are both given
        "ingress" is the whole list, to which no other option adds: keep one of the two
      "
    `);
  });

  test("--caller stands in for the caller, and says so", async () => {
    const args = ["show", "--why", "--caller", "198.51.100.9"];
    const { stdout } = await firewall("caller: 203.0.113.7\nallow_ports: [443]\n", ...args);
    expect(stdout).toContain("    caller (--caller) is 198.51.100.9/32\n");
  });
});

describe("firewall why PORT from ADDRESS", () => {
  const why = (yaml: string, ...args: string[]) => firewall(yaml, "why", ...args);

  test("ends with 0 for a packet that passes, and names the row that lets it in", async () => {
    const { code, stdout } = await why(DASK, "8787", "from", "10.1.2.3");
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "passes: 8787 is open to 10.1.0.0/16 by enable_public_http (built in)
          profile (sallyport.yaml:1:1) dask turns enable_public_http on
          enable_public_http (built in) opens 8787 to 0.0.0.0/0
          firewall.cidr (sallyport.yaml:7:3) "10.1.0.2/16" is read as 10.1.0.0/16
          firewall.cidr (sallyport.yaml:7:3) 10.1.0.0/16 takes the place of 0.0.0.0/0
      "
    `);
  });

  test("ends with 4 for one that is blocked, and says for whom the port is open", async () => {
    const { code, stdout } = await why(DASK, "22", "from", "101.2.3.4");
    expect(code).toBe(4);
    expect(stdout).toMatchInlineSnapshot(`
      "blocked: 22 is open to 203.0.113.7/32 by caller (sallyport.yaml:2:1), <vpc-cidr> by enable_public_ssh (sallyport.yaml:4:1), and 101.2.3.4 is not among them
      "
    `);
  });

  test("ends with 1 where only AWS knows, and a range of the VPC settles it", async () => {
    const asked = await why(DASK, "22", "from", "10.0.0.9");
    expect(asked.code).toBe(1);
    expect(asked.stdout).toMatchInlineSnapshot(`
      "depends: 22 is open to <vpc-cidr> by enable_public_ssh (sallyport.yaml:4:1) in the internal group, and it is not known whether 10.0.0.9 is inside the VPC
          enable_public_ssh (sallyport.yaml:4:1) is false: 22 is for the VPC
      "
    `);
    expect((await why(DASK, "22", "from", "10.0.0.9", "--vpc-cidr", "10.0.0.0/16")).code).toBe(0);
    expect((await why(DASK, "22", "from", "10.0.0.9", "--vpc-cidr", "10.2.0.0/16")).code).toBe(4);
  });

  test("--json", async () => {
    const { code, stdout } = await why("caller: 203.0.113.7\n", "8080", "from", "203.0.113.7", "--json");
    expect({ code, said: JSON.parse(stdout) }).toEqual({
      code: 4,
      said: { port: 8080, address: "203.0.113.7", verdict: "blocked", because: "no rule opens 8080 to anybody" },
    });
  });

  test.each([
    [
      ["22", "form", "203.0.113.7"],
      'error: "form" stands where "from" belongs\n  write for example: firewall why 22 from 203.0.113.7\n',
    ],
    [["0", "from", "203.0.113.7"], 'error: "0" is not a port\n  write a number from 1 to 65535\n'],
    [
      ["22", "from", "203.0.113"],
      'error: "203.0.113" is not an IP address\n  write an address such as "203.0.113.7" or "2001:db8::7"\n',
    ],
  ])("%j is refused", async (args, stderr) => {
    expect(await why("", ...args)).toEqual({ code: 2, stdout: "", stderr });
  });
});
