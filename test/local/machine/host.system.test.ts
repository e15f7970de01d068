import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AuthorizeSecurityGroupIngressCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEmulator } from "../../../local/emulator/emulator.js";
import { removeStaleControlGroups } from "../../../local/machine/control-group.js";
import { probePorts } from "../../../local/machine/place.js";
import { type NamespaceSupport, namespaceSupport } from "../../../local/machine/preflight.js";
import { hostFirewallTable } from "../../../local/network/host-firewall.js";
import { rulesToNft } from "../../../local/network/rules-to-nft.js";
import { importable } from "../../support/compiled.js";
import { runOk } from "../../support/run.js";
import { lines } from "../network/rule-cases.js";
import { bootLocalHost, CALLER, type LocalHost, STRANGER } from "../support/local-host.js";

const USER_DATA = `#!/bin/bash
set -eu
echo "run $(($(cat /var/lib/runs 2>/dev/null || echo 0) + 1))" >&2
echo $(($(cat /var/lib/runs 2>/dev/null || echo 0) + 1)) >/var/lib/runs
echo changed >/etc/sallyport-was-here
systemctl is-active --quiet web || systemd-run --unit=web python3 -m http.server 80 --directory /var/lib
`;

let support: NamespaceSupport | string = "not looked";
let world: LocalHost | undefined;

beforeAll(async () => {
  support = findEmulator() === undefined ? "moto_server is not installed" : await namespaceSupport();
  if (typeof support !== "string") world = await bootLocalHost(support, USER_DATA);
});
afterAll(() => world?.close());

function booted(ctx: { skip(why: string): never }): LocalHost {
  return world ?? ctx.skip(`no host can boot here: ${support}`);
}

async function sh(local: LocalHost, script: string): Promise<string> {
  const { stdout, stderr } = await local.host.run("sh", ["-c", script]);
  return (stdout + stderr).trim();
}

/** As root of the host itself; `sh` comes from outside and may do what the machine's root may. */
async function asService(local: LocalHost, script: string): Promise<string> {
  const args = ["--quiet", "--wait", "--pipe", "sh", "-c", script.replaceAll("$", "$$$$")];
  const { stdout, stderr } = await local.host.run("systemd-run", args);
  return (stdout + stderr).trim();
}

async function answers(local: LocalHost, from: "caller" | "stranger", ports: number[]): Promise<string[]> {
  const probes = await probePorts(local.host.network.machine(from), local.facts.publicIp, ports, { patience: 1_500 });
  return probes.map(({ port, answer }) => `${port} ${answer}`);
}

describe("the host", () => {
  test("takes its name, owner, key and user data from instance metadata", async (ctx) => {
    const local = booted(ctx);
    expect(await sh(local, "hostname")).toBe(local.facts.hostname);
    expect(await sh(local, "cat /home/ec2-user/.ssh/authorized_keys")).toBe(local.facts.key?.openssh);
    expect(await sh(local, "stat -c '%U %a' /home/ec2-user/.ssh/authorized_keys")).toBe("ec2-user 600");
    expect(await sh(local, "cat /var/lib/cloud/instance/user-data")).toBe(USER_DATA.trim());
  });

  test("runs its user data a second time and is the same host", async (ctx) => {
    const local = booted(ctx);
    const before = await sh(local, "cat /etc/passwd /home/ec2-user/.ssh/authorized_keys /etc/ssh/*.pub | sha256sum");
    await local.host.userDataAgain();
    expect(await sh(local, "cat /var/lib/runs")).toBe("2");
    expect(await sh(local, "cat /etc/passwd /home/ec2-user/.ssh/authorized_keys /etc/ssh/*.pub | sha256sum")).toBe(
      before,
    );
  });

  test("cannot change the machine: not its files, not its kernel settings, not its devices", async (ctx) => {
    const local = booted(ctx);
    expect(await sh(local, "cat /etc/sallyport-was-here")).toBe("changed");
    await expect(stat("/etc/sallyport-was-here")).rejects.toThrow("ENOENT");
    expect(await sh(local, "echo x >/proc/sys/kernel/hostname")).toMatch(/Read-only/);
    expect(await asService(local, "mknod /tmp/disk b 254 0")).toMatch(/not permitted/);
    expect(await asService(local, `date -s "$(date)"`)).toMatch(/not permitted/);
  });

  test("does not see what is the machine's own: homes, logs, host keys, enabled services", async (ctx) => {
    const local = booted(ctx);
    expect(await sh(local, "ls -A /home /srv /opt /media /var/mail")).toBe(
      "/home:\nec2-user\n\n/media:\n\n/opt:\n\n/srv:\n\n/var/mail:",
    );
    const machine = await readFile("/etc/ssh/ssh_host_ed25519_key.pub", "utf8").catch(() => "none");
    expect(await sh(local, "cat /etc/ssh/ssh_host_ed25519_key.pub")).not.toBe(machine.trim());
    expect(await sh(local, "ls /etc/systemd/system | grep wants")).toBe("");
  });

  test("has no way to the machine's own network", async (ctx) => {
    const local = booted(ctx);
    const links = await sh(local, "ip -brief link | cut -d' ' -f1 | sort | tr '\\n' ' '");
    expect(links).toMatch(/^eth0@\S+ lo$/);
    expect(await sh(local, "curl -sS -m 2 http://192.0.2.1/ 2>&1")).toMatch(/Failed to connect|timed out/);
  });
});

describe("the firewall", () => {
  test("answers the caller on the ports of the rules, and nobody else on any", async (ctx) => {
    const local = booted(ctx);
    expect(await answers(local, "caller", [22, 80, 443, 8080])).toEqual([
      "22 answered",
      "80 answered",
      "443 no answer",
      "8080 no answer",
    ]);
    expect(await answers(local, "stranger", [22, 80])).toEqual(["22 no answer", "80 no answer"]);
  });

  test("opens for a stranger when EC2 says so, on that port alone, and closes again", async (ctx) => {
    const local = booted(ctx);
    const rule = {
      GroupId: local.groupId,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: `${STRANGER}/32` }] }],
    };
    await local.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
    await local.host.reloadRules(local.ec2);
    expect(await answers(local, "stranger", [22, 80])).toEqual(["22 no answer", "80 answered"]);
    await local.ec2.send(new RevokeSecurityGroupIngressCommand(rule));
    await local.host.reloadRules(local.ec2);
    expect(await answers(local, "stranger", [22, 80])).toEqual(["22 no answer", "80 no answer"]);
  });

  test("a port that is allowed but served by nobody is refused, not silent: the packet went through", async (ctx) => {
    const local = booted(ctx);
    const rule = {
      GroupId: local.groupId,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 9000, ToPort: 9001, IpRanges: [{ CidrIp: `${CALLER}/32` }] }],
    };
    await local.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
    await local.host.reloadRules(local.ec2);
    expect(await answers(local, "caller", [8999, 9000, 9001, 9002])).toEqual([
      "8999 no answer",
      "9000 refused",
      "9001 refused",
      "9002 no answer",
    ]);
    await local.ec2.send(new RevokeSecurityGroupIngressCommand(rule));
    await local.host.reloadRules(local.ec2);
  });

  test("a stranger who takes the caller's address gets no answer either", async (ctx) => {
    const local = booted(ctx);
    const stranger = local.host.network.machine("stranger");
    await stranger.runOk("ip", ["address", "add", `${CALLER}/32`, "dev", "lo"]);
    await stranger.runOk("ip", ["route", "change", "default", "via", "169.254.1.1", "dev", "eth0", "src", CALLER]);
    expect(await answers(local, "stranger", [22])).toEqual(["22 no answer"]);
    await stranger.runOk("ip", ["route", "change", "default", "via", "169.254.1.1", "dev", "eth0", "src", STRANGER]);
    await stranger.runOk("ip", ["address", "del", `${CALLER}/32`, "dev", "lo"]);
  });

  test("nft takes every rule that the translator makes, in both directions", async (ctx) => {
    const local = booted(ctx);
    const rules = lines.map(([, each]) => each);
    const { publicIp, privateIp } = local.facts;
    const translated = rulesToNft({ inbound: rules, outbound: rules }, { groups: new Map(), prefixLists: new Map() });
    expect(translated.outbound).toHaveLength(translated.inbound.length);
    const table = hostFirewallTable({ hostLink: "host", publicIp, privateIp, rules: translated });
    const checked = await local.host.network.router.run("nft", ["--check", "-f", "-"], { input: table });
    expect(checked).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("instance metadata answers the host alone", async (ctx) => {
    const local = booted(ctx);
    const ask = ["-sS", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", "http://169.254.169.254/latest/"];
    expect((await local.host.run("curl", ask)).stdout).toBe("401");
    for (const name of ["caller", "stranger"]) {
      expect((await local.host.network.machine(name).run("curl", ask)).stdout).toBe("000");
    }
  });
});

describe("the end", () => {
  test("of a supervisor killed by SIGKILL takes every process, namespace, link and mount along", async (ctx) => {
    if (typeof support === "string") return ctx.skip(`no host can boot here: ${support}`);
    const { hierarchy } = support;
    const dir = await mkdtemp(join(tmpdir(), "sallyport-crash-"));
    // Other files mount things of their own meanwhile.
    const mounts = async () =>
      (await readFile("/proc/self/mountinfo", "utf8")).split("\n").filter((line) => line.includes(dir));
    const links = async () => (await runOk("ip", ["-brief", "link"])).stdout;
    const before = { mounts: await mounts(), links: await links() };
    const program = `
      import { Host } from ${importable("local/machine/host.ts")};
      import { someInstance } from ${importable("test/local/support/facts.ts")};
      const host = await Host.boot({
        facts: someInstance({ instanceId: "i-0crash" }), emulatorUrl: "http://127.0.0.1:9",
        outside: { caller: "${CALLER}" }, dir: ${JSON.stringify(dir)}, ...${JSON.stringify(support)},
      });
      const { network } = host;
      console.log(JSON.stringify([host.pid, network.router.pid, network.host.pid, network.machine("caller").pid]));
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    child.stderr.pipe(process.stderr);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const pids = JSON.parse(line.toString()) as number[];
    const spaces = new Set(await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/ns/net`))));
    expect(spaces.size).toBe(3);
    const group = (await readdir(hierarchy)).find((name) => name.startsWith(`sallyport-host-${child.pid}-`));
    expect(group).toBeDefined();

    child.kill("SIGKILL");
    await once(child, "exit");
    const members = async () => {
      const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
      const found = await Promise.all(all.map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => "")));
      return found.filter((space) => spaces.has(space)).length;
    };
    const deadline = Date.now() + 300_000;
    while ((await members()) > 0 && Date.now() < deadline) await delay(50);
    expect(await members()).toBe(0);
    expect({ mounts: await mounts(), links: await links() }).toEqual(before);

    await removeStaleControlGroups(hierarchy);
    expect((await readdir(hierarchy)).filter((name) => name === group)).toEqual([]);
    await rm(dir, { recursive: true, force: true });
  });
});
