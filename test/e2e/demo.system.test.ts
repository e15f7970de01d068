import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { Host } from "../../local/machine/host.js";
import { startProcessHost } from "../../local/machine/process-host.js";
import { test } from "../fixtures/temporary.js";
import { run } from "../support/run.js";
import { type Deployed, deploy, fromCaller, whatItTakes } from "./support/deployed-host.js";

let why = "";
let deployed: Deployed | undefined;
let booted: Host | undefined;
let files = "";

test.beforeAll(async ({ fileDir }) => {
  files = fileDir;
  const support = await whatItTakes();
  if (typeof support === "string") {
    why = support;
    return;
  }
  deployed = await deploy(support);
  booted = await deployed.boot();
});

test.afterAll(async () => {
  await booted?.stop();
  await deployed?.close();
});

function world(skip: (why: string) => never): Deployed & { readonly host: Host; readonly url: string } {
  if (deployed === undefined || booted === undefined) return skip(`no deployed host here: ${why}`);
  return { ...deployed, host: booted, url: `https://${deployed.outputs.public_ip}` };
}

type World = ReturnType<typeof world>;

/** curl as somebody without the kit would use it: the deployed key pinned, the token from a file descriptor. */
async function curl(at: World, path: string, ...more: string[]): Promise<{ status: number; body: string }> {
  const args = ["-sS", "-m", "60", "-k", "--pinnedpubkey", at.pin, "--config", "-", "-w", "\n%{http_code}", ...more];
  const input = `header = "Authorization: Bearer ${at.token}"\n`;
  const { stdout, stderr } = await fromCaller(at.host, "curl", [...args, `${at.url}${path}`], { input });
  const cut = stdout.lastIndexOf("\n");
  if (cut < 0) throw new Error(stderr);
  return { status: Number(stdout.slice(cut + 1)), body: stdout.slice(0, cut) };
}

async function onHost(host: Host, script: string): Promise<string> {
  const { stdout, stderr } = await host.run("bash", ["-c", script]);
  return (stdout + stderr).trim();
}

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

describe("foreign clients", () => {
  test("curl sends a file and fetches it again, whole and in part", async ({ skip }) => {
    const at = world(skip);
    const [sent, back] = [join(files, "sent"), join(files, "back")];
    const data = randomBytes(3_000_000);
    await writeFile(sent, data);
    expect((await curl(at, "/v1/files/shared/curl/data.bin", "-T", sent)).status).toBe(201);
    expect((await curl(at, "/v1/files/shared/curl/data.bin", "-o", back)).status).toBe(200);
    expect(sha256(await readFile(back))).toBe(sha256(data));
    expect((await curl(at, "/v1/files/shared/curl/data.bin", "-o", back, "-r", "1000-1999")).status).toBe(206);
    expect(await readFile(back)).toEqual(data.subarray(1000, 2000));
  });

  test("curl refuses a host that shows another key than the deployed one", async ({ skip }) => {
    const at = world(skip);
    const other = `sha256//${createHash("sha256").update("other").digest("base64")}`;
    const { exitCode } = await fromCaller(at.host, "curl", ["-sk", "--pinnedpubkey", other, `${at.url}/healthz`]);
    expect(exitCode).toBe(90);
  });

  test("Python verifies the certificate by the letter of X.509, and moves a file", async ({ skip }) => {
    const at = world(skip);
    const program = `
import hashlib, http.client, json, ssl, sys
host, cafile, token = sys.argv[1], sys.argv[2], sys.stdin.read().strip()
context = ssl.create_default_context(cafile=cafile)
context.verify_flags |= ssl.VERIFY_X509_STRICT
context.check_hostname = False
connection = http.client.HTTPSConnection(host, context=context, timeout=30)
auth = {"Authorization": "Bearer " + token}
def ask(method, path, body=None):
    connection.request(method, path, body=body, headers=auth)
    answer = connection.getresponse()
    return answer.status, answer.read()
data = bytes(range(256)) * 4096
put, _ = ask("PUT", "/v1/files/shared/python.bin", data)
got, body = ask("GET", "/v1/files/shared/python.bin")
listed, names = ask("GET", "/v1/files/shared/")
gone, _ = ask("DELETE", "/v1/files/shared/python.bin")
print(json.dumps([put, got, body == data, "python.bin" in [e["name"] for e in json.loads(names)["entries"]], gone, connection.sock.version()]))
`;
    const args = ["-c", program, at.outputs.public_ip, at.certificate];
    const { stdout, stderr } = await fromCaller(at.host, "python3", args, { input: at.token });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([201, 200, true, true, 204, "TLSv1.3"]);
  });

  test("Python with the system's own authorities does not take the certificate for anybody's", async ({ skip }) => {
    const at = world(skip);
    const program = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])";
    const { stderr } = await fromCaller(at.host, "python3", ["-c", program, `${at.url}/healthz`]);
    expect(stderr).toContain("CERTIFICATE_VERIFY_FAILED");
  });

  test("OpenSSH logs in with the generated PEM and the host keys that the agent tells", async ({ skip }) => {
    const at = world(skip);
    const { body } = await curl(at, "/v1/host");
    const { ssh_host_keys: keys } = JSON.parse(body) as { ssh_host_keys: string[] };
    const knownHosts = join(files, "known_hosts");
    await writeFile(knownHosts, keys.map((key) => `${at.outputs.public_ip} ${key}\n`).join(""));
    const options = [
      "IdentitiesOnly=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${knownHosts}`,
      "BatchMode=yes",
    ];
    const args = ["-i", at.privateKey, ...options.flatMap((option) => ["-o", option])];
    const target = `${at.outputs.ssh_user}@${at.outputs.public_ip}`;
    const shell = await fromCaller(at.host, "ssh", [...args, target, "id -un && echo over-ssh > shared/note"]);
    expect(shell).toMatchObject({ exitCode: 0, stdout: "ec2-user" });
    // SSH and HTTPS lead to the same directory.
    expect(await curl(at, "/v1/files/shared/note")).toEqual({ status: 200, body: "over-ssh\n" });
    const stranger = await fromCaller(at.host, "ssh", [
      "-F",
      "/dev/null",
      "-i",
      "/dev/null",
      ...args.slice(2),
      target,
      "id",
    ]);
    expect(stranger.exitCode).toBe(255);
  });
});

describe("the host", () => {
  test("takes its boot script a second time: same configuration, same units, agent up", async ({ skip }) => {
    const at = world(skip);
    const state =
      "cd / && find etc/sallyport etc/systemd/system etc/sysusers.d opt/sallyport -type f -not -path '*/bin/node' | sort | xargs sha256sum; ls /opt/sallyport; readlink /opt/sallyport/current; getent passwd sallyport";
    const before = await onHost(at.host, state);
    expect((await curl(at, "/v1/files/shared/kept", "-T", at.certificate)).status).toBe(201);
    await at.host.userDataAgain();
    expect(await onHost(at.host, state)).toBe(before);
    expect((await curl(at, "/v1/files/shared/kept")).status).toBe(200);
    expect(await at.host.journal("sallyport-user-data.service")).toContain("is already here");
  });

  test("keeps its secrets to root and the agent: the login user can read neither key nor token", async ({ skip }) => {
    const at = world(skip);
    const reads = await onHost(
      at.host,
      "runuser -u ec2-user -- cat /run/sallyport-secrets/token /run/sallyport-secrets/tls.key /run/credentials/sallyport-agent.service/token",
    );
    expect(reads.match(/Permission denied|No such file/g)).toHaveLength(3);
    expect(await at.host.journal(undefined, 2000)).not.toContain(at.token);
  });

  test("an agent killed in the middle of an upload comes back, with the old file whole", async ({ skip }) => {
    const at = world(skip);
    const [old, young] = [randomBytes(200_000), join(files, "young")];
    await writeFile(join(files, "old"), old);
    await writeFile(young, randomBytes(20_000_000));
    expect((await curl(at, "/v1/files/shared/killed.bin", "-T", join(files, "old"))).status).toBe(201);
    const mainPid = () => onHost(at.host, "systemctl show -P MainPID sallyport-agent");
    const before = await mainPid();

    const broken = curl(at, "/v1/files/shared/killed.bin", "-T", young, "--limit-rate", "2M").then(
      ({ status }) => status,
      () => 0,
    );
    // The upload under its temporary name, with some of its bytes there.
    const growing = "find /var/lib/sallyport/shared -maxdepth 1 -name '.*' -type f -size +500k | grep -c .";
    await until(async () => Number(await onHost(at.host, growing)) > 0);
    await at.host.run("systemctl", ["kill", "--signal=KILL", "sallyport-agent"]);
    expect(await broken).toBeLessThan(200);

    await until(async () => !["0", before].includes(await mainPid()));
    await until(async () => (await curl(at, "/healthz").catch(() => ({ status: 0 }))).status === 200);
    const back = join(files, "killed");
    expect((await curl(at, "/v1/files/shared/killed.bin", "-o", back)).status).toBe(200);
    expect(sha256(await readFile(back))).toBe(sha256(old));
    const { entries } = JSON.parse((await curl(at, "/v1/files/shared/")).body) as { entries: { name: string }[] };
    expect(entries.map(({ name }) => name).filter((name) => name.includes("killed"))).toEqual(["killed.bin"]);
    expect((await curl(at, "/v1/files/shared/killed.bin", "-T", young)).status).toBe(204);
  });
});

describe("without namespaces", () => {
  test("the deployed agent runs as a process on loopback, with the deployed certificate and token", async ({
    skip,
  }) => {
    const at = world(skip);
    const host = await startProcessHost({ facts: at.facts, env: at.env, dir: join(files, "process") });
    try {
      const url = `https://127.0.0.1:${host.httpsPort}/v1/files`;
      const args = ["-sk", "--pinnedpubkey", at.pin, "-o", "/dev/null", "-w", "%{http_code}", "--config", "-", url];
      expect((await run("curl", args, { input: "" })).stdout).toBe("401");
      const withToken = { input: `header = "Authorization: Bearer ${at.token}"\n` };
      expect((await run("curl", args, withToken)).stdout).toBe("200");
    } finally {
      await host.stop();
    }
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("it did not come to that within 300 s");
    await delay(50);
  }
}
