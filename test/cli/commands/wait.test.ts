/** `sallyport wait` against the real agent, which starts late, never, or as somebody else. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startAgent } from "../../../agent/serve.js";
import { parseConfig } from "../../../agent/settings/parse.js";
import { type IssuedCertificate, issueCertificate } from "../../../certs/issue.js";
import { runCli } from "../../../cli/run.js";
import { awaitAgent } from "../../../client/agent/await-agent.js";
import { freePort } from "../../../local/network/free-port.js";
import { runInProcess } from "../../support/run-cli.js";

let dir: string;
let env: NodeJS.ProcessEnv;
let certificate: IssuedCertificate;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wait-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  env = { HOME: dir, NO_COLOR: "1" };
  certificate = await issueCertificate({ commonName: "accelerator" });
  await writeFile(join(dir, "host.crt"), certificate.cert);
  await writeFile(join(dir, "token"), "t0ken-that-only-the-deployer-has-0123456789ab", { mode: 0o600 });
});

async function boot(port: number, shown: IssuedCertificate = certificate): Promise<void> {
  const at = (name: string) => join(dir, name);
  await mkdir(at("shared"), { recursive: true });
  await writeFile(at("tls.crt"), shown.cert);
  await writeFile(at("tls.key"), shown.key, { mode: 0o600 });
  const agent = await startAgent(
    {
      ...parseConfig("{ name: x, tls: false }", "agent.yaml"),
      jobs_dir: at("jobs"),
      listen: { address: "127.0.0.1", https_port: port, http_port: 0 },
      tls: { cert: at("tls.crt"), key: at("tls.key") },
      auth: "token",
      token: at("token"),
      authorized_host_dirs: [{ name: "shared", path: at("shared"), mode: "rw" }],
    },
    { env: process.env, log: pino({ level: "silent" }), limits: { graceMs: 0 } },
  );
  onTestFinished(() => agent.close());
}

const argumentsOf = (...args: string[]) => [
  "wait",
  ...args,
  ...["--cert", join(dir, "host.crt"), "--token-file", join(dir, "token")],
];
const wait = (...args: string[]) => runInProcess(argumentsOf(...args), { cwd: dir, env });

describe("sallyport wait", () => {
  test("ends well as soon as an agent answers that was not there at first", async () => {
    const port = await freePort();
    let stdout = "";
    let stderr = "";
    let booted: Promise<void> | undefined;
    const code = await runCli(argumentsOf(`127.0.0.1:${port}`, "--timeout", "60s"), {
      stdin: process.stdin,
      stdout: { write: (text) => (stdout += text) },
      stderr: {
        write: (text) => {
          stderr += text;
          if (stderr.includes("refused")) booted ??= boot(port);
        },
      },
      cwd: dir,
      env,
      signal: new AbortController().signal,
    });
    await booted;
    expect(code, stderr).toBe(0);
    expect(stderr).toBe("wait: 127.0.0.1: refused\nwait: 127.0.0.1: ready\n");
    expect(stdout).toMatch(/^127\.0\.0\.1 +127\.0\.0\.1 {2}ready after \d+ s\n$/);
  });

  test("waits for all hosts at the same time, and tells of each that does not answer what was seen", async () => {
    const [up, down] = [await freePort(), await freePort()];
    await boot(up);
    const silent: Server = createServer(() => undefined);
    const muted = await new Promise<number>((resolve) => {
      silent.listen(0, "127.0.0.1", () => resolve((silent.address() as { port: number }).port));
    });
    onTestFinished(() => void silent.close());
    const hosts = [`127.0.0.1:${up}`, `127.0.0.2:${down}`, `localhost:${muted}`];
    const { code, stdout, stderr } = await wait(...hosts, "--timeout", "2s", "--json");
    expect(code).toBe(1);
    const seen = (JSON.parse(stdout) as { hosts: { verdict: string; seen: string }[] }).hosts;
    expect(
      seen.map(({ verdict }) => verdict),
      stdout,
    ).toEqual(["ready", "late", "late"]);
    expect(seen[1]?.seen).toMatch(/^refused; SSH: /);
    expect(seen[2]?.seen).toMatch(/^no answer; SSH: /);
    const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "") as {
      error: { code: string; message: string };
    };
    expect(error.code).toBe("cli/not-booted");
    expect(error.message).toMatch(/^2 hosts do not answer after 2 s\n127\.0\.0\.2 \(127\.0\.0\.2\): refused/);
  });

  test("raises the alarm at once, and with status 4, where another certificate is shown", async () => {
    const port = await freePort();
    await boot(port, await issueCertificate({ commonName: "accelerator" }));
    const { code, stderr } = await wait(`127.0.0.1:${port}`, "--timeout", "1h");
    expect(code).toBe(4);
    expect(stderr).toContain("error: SECURITY: a host shows a certificate that is not yours\n");
    expect(stderr).toContain(`"127.0.0.1:${port}" did not show the expected certificate`);
    expect(stderr).toContain("send nothing there");
  });

  test.each(["0s", "soon", "-1s"])("refuses the time %j before anything is asked", async (timeout) => {
    const { code, stdout } = await wait("127.0.0.1:1", "--timeout", timeout);
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("without hosts waits for those that are deployed, of which there are none", async () => {
    const { code, stderr } = await wait();
    expect(code).toBe(3);
    expect(stderr).toContain("no hosts are deployed");
  });
});

describe("a host without an agent", () => {
  test("is ready when its SSH port answers", async () => {
    const server = createServer();
    const sshPort = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    const options = { host: "127.0.0.1", trust: { kind: "public" }, sshOnly: true, sshPort, timeout: 1_500 } as const;
    expect(await awaitAgent(options)).toMatchObject({ verdict: "ready" });
    await new Promise((resolve) => server.close(resolve));
    expect(await awaitAgent(options)).toMatchObject({ verdict: "late", seen: "refused" });
  });
});
