import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../../config/load.js";
import { writtenFirewall } from "../../../stacks/accelerator-hosts/rule-table.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "firewall-config-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function load({ user, project = "", env = {} }: { user?: string; project?: string; env?: NodeJS.ProcessEnv }) {
  const home = join(dir, "home");
  const cwd = join(dir, "project");
  await mkdir(join(home, ".config/sallyport"), { recursive: true });
  await mkdir(cwd, { recursive: true });
  if (user !== undefined) await writeFile(join(home, ".config/sallyport/config.yaml"), user);
  await writeFile(join(cwd, "sallyport.yaml"), project);
  return loadConfig({ cwd, env: { HOME: home, ...env } });
}

const written = async (layers: Parameters<typeof load>[0]) => writtenFirewall(await load(layers));

describe("options count when somebody wrote them", () => {
  test("and never because they have a default: allow_ports and caller do", async () => {
    expect(await written({})).toEqual({ options: {}, origins: {} });
  });

  test("even with the value of the default", async () => {
    const { options, origins } = await written({ project: "caller: auto\nallow_ports: [22, 80, 443]\n" });
    expect(options).toEqual({ caller: "auto", allow_ports: [22, 80, 443] });
    expect(origins).toMatchObject({ caller: "sallyport.yaml:1:1", "allow_ports[2]": "sallyport.yaml:2:23" });
  });

  test("each part with its own place", async () => {
    const project =
      "ingress:\n  - ports: [443]\n    cidr: 198.51.100.0/24\n  - { ports: [22], cidr: 203.0.113.7/32 }\n";
    expect((await written({ project })).origins).toEqual({
      ingress: "sallyport.yaml:1:1",
      "ingress[0]": "sallyport.yaml:2:5",
      "ingress[0].ports": "sallyport.yaml:2:5",
      "ingress[0].ports[0]": "sallyport.yaml:2:13",
      "ingress[0].cidr": "sallyport.yaml:3:5",
      "ingress[1]": "sallyport.yaml:4:5",
      "ingress[1].ports": "sallyport.yaml:4:7",
      "ingress[1].ports[0]": "sallyport.yaml:4:15",
      "ingress[1].cidr": "sallyport.yaml:4:20",
    });
  });

  test("a caller written as one text stands where the text stands", async () => {
    expect((await written({ project: "caller: 203.0.113.7\n" })).origins).toEqual({
      caller: "sallyport.yaml:1:1",
      "caller[0]": "sallyport.yaml:1:1",
    });
  });
});

describe("layers, merged per key and never deeper (C-09)", () => {
  test("the account's options hold where the project says nothing", async () => {
    const { options, origins } = await written({ user: "disable_public_ingress: true\n", project: "profile: dask\n" });
    expect(options).toEqual({ disable_public_ingress: true, profile: "dask" });
    expect(origins.disable_public_ingress).toBe("~/.config/sallyport/config.yaml:1:1");
  });

  test("the project's firewall replaces the account's, ports and block together", async () => {
    const layers = {
      user: "firewall: { ports: [1, 2], cidr: 10.0.0.0/8 }\n",
      project: "firewall: { ports: [3], cidr: 10.1.0.0/16 }\n",
    };
    expect((await written(layers)).options.firewall).toEqual({ ports: [3], cidr: "10.1.0.0/16" });
  });

  test("the environment is stronger than the project", async () => {
    const env = {
      SALLYPORT_PROFILE: "dask",
      SALLYPORT_ENABLE_PUBLIC_SSH: "false",
      SALLYPORT_HTTP_PORTS: "8888,9999",
      SALLYPORT_FIREWALL: "{ports: [100], cidr: 10.1.0.2/16}",
      SALLYPORT_INGRESS: '[{"ports":[1],"cidr":"10.0.0.0/8"}]',
    };
    const { options, origins } = await written({ project: "enable_public_ssh: true\n", env });
    expect(options).toEqual({
      profile: "dask",
      http_ports: [8888, 9999],
      enable_public_ssh: false,
      firewall: { ports: [100], cidr: "10.1.0.2/16" },
      ingress: [{ ports: [1], cidr: "10.0.0.0/8" }],
    });
    expect(origins["firewall.cidr"]).toBe("SALLYPORT_FIREWALL");
  });
});

describe("mistakes name the place, and what was meant", () => {
  test.each([
    [
      "enabled_public_ssh: false",
      'sallyport.yaml:1:1: unknown key "enabled_public_ssh"',
      'did you mean "enable_public_ssh"?',
    ],
    [
      "disable-public-ingress: true",
      'sallyport.yaml:1:1: unknown key "disable-public-ingress"',
      'did you mean "disable_public_ingress"?',
    ],
    ["firewall: { port: [1] }", 'sallyport.yaml:1:13: unknown key "port"', 'did you mean "ports"?'],
    [
      "firewall: { ports: [65536] }",
      "sallyport.yaml:1:21: firewall.ports[0] is 65536",
      "it must be a port from 1 to 65535",
    ],
    [
      "firewall: on",
      'sallyport.yaml:1:1: firewall is "on"',
      'it must have ports and a cidr, such as { ports: [8443], cidr: "203.0.113.0/24" }',
    ],
    ["ingress: [{ prefixlist: pl-1 }]", 'sallyport.yaml:1:13: unknown key "prefixlist"', 'did you mean "prefix_list"?'],
    [
      "ingress: [{ prefix_list: pl-1 }]",
      'sallyport.yaml:1:13: ingress[0].prefix_list is "pl-1"',
      'it must be the id of a prefix list such as "pl-0123456789abcdef0"',
    ],
    ["profile: daks", 'sallyport.yaml:1:1: profile is "daks"', 'it must be "http" or "dask"'],
    ["enable_public_ssh: yes", 'sallyport.yaml:1:1: enable_public_ssh is "yes"', "it must be true or false"],
    ["firewall_sync: { evry: 5m }", 'sallyport.yaml:1:18: unknown key "evry"', 'did you mean "every"?'],
    [
      "firewall_sync: { every: 30s }",
      'sallyport.yaml:1:18: firewall_sync.every is "30s"',
      'it must be a time span such as "5m", "1h" or "1d"',
    ],
    [
      "firewall_sync: { log_retention_days: 31 }",
      "sallyport.yaml:1:18: firewall_sync.log_retention_days is 31",
      "it must be a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90 …",
    ],
  ])("%s", async (project, message, hint) => {
    await expect(load({ project })).rejects.toMatchObject({ message, hint, exit: 2 });
  });

  test("in the environment too", async () => {
    const env = { SALLYPORT_FIREWALL: "{ports: [100]" };
    await expect(load({ env })).rejects.toMatchObject({ message: 'SALLYPORT_FIREWALL: firewall is "{ports: [100]"' });
  });
});

test("allow_ports without 443 is no cause for alarm where another option may open it", async () => {
  const warning = "sallyport.yaml:1:1: allow_ports has no 443: nobody will reach the hosts' files and API";
  expect((await load({ project: "allow_ports: [22]\n" })).warnings).toEqual([warning]);
  expect((await load({ project: "allow_ports: [22]\nenable_public_http: true\n" })).warnings).toEqual([]);
});
