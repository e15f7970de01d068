import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findSsh } from "../../../client/ssh/openssh.js";
import { type CliOptions, sallyport } from "../../support/cli.js";
import { type InProcessRun, runInProcess } from "../../support/run-cli.js";
import { type RunningAgent, runAgent, TOKEN } from "../support/agent.js";
import { startSshd } from "../support/sshd.js";
import { temporaryDir } from "../support/temporary.js";

interface Desk {
  readonly home: string;
  readonly agent: RunningAgent;
  /** As a process, for what uses the streams of one. */
  run(args: readonly string[], options?: CliOptions): ReturnType<typeof sallyport>;
  /** In this process. */
  call(args: readonly string[]): Promise<InProcessRun>;
}

/** A user's home and project, in which "accelerator-1" was deployed. */
async function deskFor(agent: RunningAgent, sshUser = "nobody"): Promise<Desk> {
  const home = await temporaryDir();
  const ssh = (name: string) => join(home, ".ssh", name);
  await mkdir(ssh(""), { mode: 0o700 });
  await writeFile(ssh("sallyport.crt"), agent.certificate.cert);
  await writeFile(ssh("sallyport.token"), TOKEN, { mode: 0o600 });
  const host = {
    name: "accelerator-1",
    instance_id: "i-0abc",
    public_ip: "127.0.0.1",
    private_ip: "10.0.0.7",
    agent_url: `https://127.0.0.1:${agent.port}`,
    ssh_user: sshUser,
    ssh_command: "",
  };
  const outputs = { hosts: { value: { "accelerator-1": host } } };
  await writeFile(join(home, "terraform.accelerator-hosts.tfstate"), JSON.stringify({ version: 4, outputs }));
  return {
    home,
    agent,
    run: (args, options) => sallyport(args, { cwd: home, ...options, env: { HOME: home, ...options?.env } }),
    call: (args) => runInProcess(args, { cwd: home, env: { HOME: home, PATH: process.env.PATH } }),
  };
}

describe("sallyport ls, get, put and rm", () => {
  it("move a file there and back, by name and by address", async () => {
    const { call, home, agent } = await deskFor(await runAgent());
    const data = randomBytes(300_000);
    await writeFile(join(home, "data.bin"), data);

    const sent = await call(["put", "data.bin", "accelerator-1:shared", "--json"]);
    expect(sent).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(sent.stdout)).toMatchObject({ path: "shared/data.bin", created: true, size: 300_000 });

    const listed = await call(["ls", `127.0.0.1:${agent.port}:shared`, "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({ entries: [{ name: "data.bin", type: "file", size: 300_000 }] });

    await mkdir(join(home, "back"));
    const got = await call(["get", "accelerator-1:shared/data.bin", "back"]);
    expect(got).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/data\.bin {2}300000 bytes {2}SHA-256 [0-9a-f]{64}\n/),
    });
    expect((await readFile(join(home, "back/data.bin"))).equals(data)).toBe(true);

    expect(await call(["rm", "accelerator-1:shared/data.bin"])).toMatchObject({
      code: 0,
      stdout: "removed shared/data.bin\n",
    });
    expect(await readdir(agent.shared)).toEqual([]);
  });

  it("are filters: stdin to a file, a file to stdout", async () => {
    const { run } = await deskFor(await runAgent());
    expect(await run(["put", "-", "accelerator-1:shared/x"], { input: "some text\n" })).toMatchObject({ code: 0 });
    expect(await run(["get", "accelerator-1:shared/x", "-"])).toMatchObject({ code: 0, stdout: "some text\n" });
  });

  it("list the authorized directories of a host", async () => {
    const { call, agent } = await deskFor(await runAgent());
    const { stdout } = await call(["ls", "accelerator-1"]);
    expect(stdout).toBe(`shared    rw  ${agent.dir}/shared\nreadonly  ro  ${agent.dir}/readonly\n`);
  });

  it.each([
    [["get", "accelerator-1:shared/none"], 3, 'the host answered 404 to "/v1/files/shared/none"'],
    [["put", "x", "accelerator-1:readonly/x"], 4, 'the host answered 403 to "/v1/files/readonly/x"'],
    [["get", "accelerator-1"], 2, '"accelerator-1" names no file'],
    [["put", "-", "accelerator-1:shared"], 2, 'stdin has no file name to use in "shared"'],
    [["ls", "accelerator-2"], 3, 'there is no host "accelerator-2"'],
    [["ls", "127.0.0.1", "--port", "99999"], 2, 'port "99999" in "--port" is not a number from 1 to 65535'],
    [["ls", "127.0.0.1", "--no-tls", "--cert", "x"], 2, "--no-tls and --cert contradict each other"],
    [["ls", "https://127.0.0.1"], 2, '"https://127.0.0.1" is not a host'],
    [["ls", "127.0.0.1", "--cert", "none.crt"], 1, 'cannot read the certificate "none.crt"'],
  ])("%j ends with status %d and one line", async (args, code, line) => {
    const { call, home } = await deskFor(await runAgent());
    await writeFile(join(home, "x"), "x");
    const result = await call(args);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    expect(result.stderr).toContain(`error: ${line}`);
  });

  it("send nothing to a host that took the deployed one's place", async () => {
    const desk = await deskFor(await runAgent());
    const other = await runAgent();
    await writeFile(join(desk.home, ".ssh/sallyport.crt"), other.certificate.cert);
    const { code, stderr } = await desk.call(["ls", "accelerator-1"]);
    expect(code).toBe(4);
    expect(stderr).toContain("did not show the expected certificate");
  });
});

describe("sallyport verify", () => {
  it("ends with 1 and a table, or JSON, when a check fails", async () => {
    const { call } = await deskFor(await runAgent());
    const table = await call(["verify", "accelerator-1"]);
    expect(table.stdout).toMatch(/^ok {7}certificate {14}connect to 127\.0\.0\.1:\d+ +verified, the very certificate/m);
    const json = await call(["verify", "accelerator-1", "--json"]);
    const { ok, checks } = JSON.parse(json.stdout) as { ok: boolean; checks: { name: string; verdict: string }[] };
    const failed = checks.filter(({ verdict }) => verdict === "failed");
    // Whether this machine serves ports 22 and 80 is not ours to say.
    expect(failed.every(({ name }) => /^(port \d+|plain HTTP)$/.test(name))).toBe(true);
    expect({ ok, code: json.code }).toEqual(failed.length === 0 ? { ok: true, code: 0 } : { ok: false, code: 1 });
    expect(table.code).toBe(json.code);
  });
});

describe("sallyport ssh and ssh-config", () => {
  async function withSshd(path?: string) {
    const sshd = await startSshd();
    const agent = await runAgent({ hostKeys: sshd.hostKeys.map((line) => line.trim()) });
    const desk = await deskFor(agent, sshd.username);
    await copyFile(sshd.keyPair.privatePath, join(desk.home, ".ssh/sallyport.pem"));
    await copyFile(sshd.keyPair.publicPath, join(desk.home, ".ssh/sallyport.pub"));
    await chmod(join(desk.home, ".ssh/sallyport.pem"), 0o600);
    const env: Record<string, string> = path === undefined ? {} : { PATH: path };
    const ssh = (...command: string[]) =>
      desk.run(["ssh", "--ssh-port", String(sshd.port), "accelerator-1", "--", ...command], { env });
    return { sshd, agent, desk, ssh };
  }

  it("runs a command with OpenSSH, host keys fetched over HTTPS, status handed on", async () => {
    const { desk, ssh, sshd } = await withSshd();
    expect(await ssh("echo out; exit 9")).toMatchObject({ code: 9, stdout: "out\n" });
    const known = await readFile(join(desk.home, ".ssh/sallyport_known_hosts"), "utf8");
    expect(known).toBe(sshd.hostKeys.map((key) => `i-0abc ${key.split(" ").slice(0, 2).join(" ")}\n`).join(""));
  });

  it("does the same without ssh on PATH", async () => {
    const bin = await temporaryDir();
    expect(findSsh({ PATH: bin })).toBeUndefined();
    await symlink(process.execPath, join(bin, "node"));
    const { ssh } = await withSshd(bin);
    expect(await ssh("echo out; echo err >&2; exit 9")).toMatchObject({
      code: 9,
      stdout: "out\n",
      stderr: "there is no ssh on PATH; using the built-in client\nerr\n",
    });
  });

  it("refuses a host whose keys are not those that the agent named", async () => {
    const other = await startSshd();
    const { desk, sshd, agent } = await withSshd();
    const keys = await readdir(join(agent.dir, "ssh"));
    await writeFile(join(agent.dir, "ssh", keys[0] ?? ""), other.hostKeys[0] ?? "");
    const run = (env: Record<string, string>) =>
      desk.run(["ssh", "--ssh-port", String(sshd.port), "accelerator-1", "--", "true"], { env });
    expect((await run({})).code).toBe(255);
    expect(await run({ PATH: await temporaryDir() })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("showed an SSH host key that is not the host's"),
    });
  });

  it("uses the keys of an earlier time where the agent is down, and none where there are none", async () => {
    const { desk, ssh, sshd } = await withSshd();
    await ssh("true");
    const state = join(desk.home, "terraform.accelerator-hosts.tfstate");
    const gone = await readFile(state, "utf8");
    await writeFile(state, gone.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1"));
    const again = await ssh("echo still");
    expect(again).toMatchObject({ code: 0, stdout: "still\n" });
    expect(again.stderr).toContain('"127.0.0.1:1" refused the connection; using the SSH host keys of an earlier fetch');
    await writeFile(join(desk.home, ".ssh/sallyport_known_hosts"), "");
    const never = await ssh("echo never");
    expect(never).toMatchObject({ code: 1, stdout: "" });
    expect(never.stderr).toContain("a key is never trusted on first use");
    expect(sshd.port).toBeGreaterThan(0);
  });

  it("writes and removes the configuration for plain ssh, and prints it", async () => {
    const { desk } = await withSshd();
    const printed = await desk.call(["ssh-config", "--print"]);
    expect(printed.stdout).toContain("Host accelerator-1\n  HostName 127.0.0.1\n");
    expect(await readdir(join(desk.home, ".ssh"))).not.toContain("config");
    expect(await desk.call(["ssh-config"])).toMatchObject({ code: 0, stdout: "ssh accelerator-1\n" });
    const written = await readFile(join(desk.home, ".ssh/sallyport.config"), "utf8");
    expect(written).toContain("HostKeyAlias i-0abc");
    expect(await readFile(join(desk.home, ".ssh/config"), "utf8")).toMatch(/^Include .*\/\.ssh\/sallyport\.config\n$/);
    expect(await desk.call(["ssh-config", "--remove"])).toMatchObject({ code: 0 });
    expect(await readdir(join(desk.home, ".ssh"))).not.toContain("config");
  });
});
