/** The deployed user data under the real cloud-init: its EC2 datasource, our metadata service, a Debian of its own. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "../../local/machine/host.js";
import { HANGS_MS } from "../support/run.js";
import { debianRoot } from "./support/debian-root.js";
import { type Deployed, deploy, fromCaller, whatItTakes } from "./support/deployed-host.js";

const CLOUD_CFG = `datasource_list: [Ec2]
datasource: { Ec2: { max_wait: 600, timeout: 60 } }
# The address is there already; cloud-init would ask DHCP for it.
network: { config: disabled }
# As on the image that the demo deploys.
system_info: { default_user: { name: ec2-user, lock_passwd: true, shell: /bin/bash } }
apt: { preserve_sources_list: true }
locale: false
`;

let why = "";
let deployed: Deployed | undefined;
let host: Host | undefined;

beforeAll(async () => {
  const support = await whatItTakes();
  const debian = typeof support === "string" ? support : await debianRoot();
  if (typeof support === "string" || typeof debian === "string") {
    why = String(debian);
    return;
  }
  deployed = await deploy(support);
  host = await deployed.boot({
    root: debian.root,
    files: {
      "/etc/cloud/cloud.cfg.d/99-sallyport.cfg": CLOUD_CFG,
      // Its only work would be DHCP.
      "/etc/systemd/system/cloud-init-local.service":
        "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/true\n",
    },
    wants: ["multi-user.target", "cloud-init.target"],
    hypervisorUuid: "ec2e1916-9099-7caf-fd21-012345abcdef",
  });
});

afterAll(async () => {
  await host?.stop();
  await deployed?.close();
});

test("cloud-init takes the instance for EC2, runs the user data as it is, and the host answers", async (ctx) => {
  if (deployed === undefined || host === undefined) return ctx.skip(`no cloud-init here: ${why}`);
  const status = await host.run("cloud-init", ["status", "--wait", "--long"], { timeoutMs: HANGS_MS });
  const log = await host.run("cat", ["/var/log/cloud-init-output.log"]);
  expect(`${status.stdout}\n${log.stdout}`).toMatch(/status: done[\s\S]*DataSourceEc2[\s\S]*sallyport: host ready/);
  expect((await host.run("cat", ["/run/cloud-init/cloud-id"])).stdout).toBe("aws");

  const { outputs, pin, privateKey } = deployed;
  const url = `https://${outputs.public_ip}/healthz`;
  const health = await fromCaller(host, "curl", ["-sk", "-m", "10", "--pinnedpubkey", pin, url]);
  expect(health.stdout).toBe('{"status":"ok"}');
  const options = ["IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const args = ["-F", "/dev/null", "-i", privateKey, ...options.flatMap((option) => ["-o", option])];
  const shell = await fromCaller(host, "ssh", [...args, `ec2-user@${outputs.public_ip}`, "id -un; id -nG"]);
  expect(shell.stdout.split("\n")).toEqual(["ec2-user", expect.stringContaining("sallyport")]);
});

test("a second run of cloud-init's scripts leaves the same host", async (ctx) => {
  if (deployed === undefined || host === undefined) return ctx.skip(`no cloud-init here: ${why}`);
  const state = [
    "-c",
    "sha256sum /etc/sallyport/* /etc/systemd/system/sallyport-*.service; readlink /opt/sallyport/current",
  ];
  const before = await host.run("sh", state);
  const again = await host.run("cloud-init", ["single", "--name", "scripts-user", "--frequency", "always"], {
    timeoutMs: HANGS_MS,
  });
  expect(again.exitCode).toBe(0);
  expect((await host.run("sh", state)).stdout).toBe(before.stdout);
  const active = async () => (await host?.unit("sallyport-agent.service"))?.active;
  while ((await active()) === "activating") await delay(50);
  expect(await active()).toBe("active");
});
