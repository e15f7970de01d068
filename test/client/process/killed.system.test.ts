/** Several hosts, one of which dies with our jobs on it: agents as processes of their own. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificate } from "../../agent/support/certificate.js";
import { BUNDLED_AGENT, type Program, startProgram } from "../../agent/support/program.js";
import { ask } from "../../agent/support/wire.js";
import { sallyport } from "../../support/cli.js";
import { HANGS_MS } from "../../support/run.js";

const TOKEN = "killed-host-token-0123456789abcdefgh";
const pair = makeCertificate("DNS:*", 90);
let base: string;
const programs: Program[] = [];

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "sallyport-hosts-"));
  writeFileSync(join(base, "cert"), pair.cert);
  writeFileSync(join(base, "key"), pair.key, { mode: 0o600 });
  writeFileSync(join(base, "token"), TOKEN, { mode: 0o600 });
});
afterAll(async () => {
  for (const program of programs) program.child.kill("SIGTERM");
  await Promise.all(programs.map(({ ended }) => ended));
  rmSync(base, { recursive: true });
});

async function startHost(name: string) {
  const home = join(base, name);
  mkdirSync(home);
  writeFileSync(
    join(home, "agent.yaml"),
    `name: ${name}
listen: { address: "127.0.0.1", https_port: 0, http_port: false }
tls: { cert: ${base}/cert, key: ${base}/key }
token: ${base}/token
accelerators:
  upper: { filter: [sh, -c, "sleep 0.3; exec tr a-z A-Z"] }
`,
  );
  const env = { PATH: process.env.PATH, HOME: home };
  const program = startProgram(BUNDLED_AGENT, ["serve", "--config", join(home, "agent.yaml")], env);
  programs.push(program);
  const port = Number((await program.event("listening")).https_port);
  const get = async (target: string) => {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const reply = await ask({ port, ca: pair.cert }, target, { headers });
    return JSON.parse(reply.body.toString());
  };
  return { program, name: `127.0.0.1:${port}`, get };
}

test("the inputs of a host that is killed are done by the others", async () => {
  const [doomed, ...others] = await Promise.all([startHost("one"), startHost("two"), startHost("three")]);
  const hosts = [doomed, ...others];
  const cwd = join(base, "work");
  mkdirSync(join(cwd, "in"), { recursive: true });
  const names = Array.from({ length: 12 }, (_, i) => `in-${String(i).padStart(2, "0")}`);
  for (const name of names) writeFileSync(join(cwd, "in", name), `text of ${name}`);

  const args = [
    "--src",
    "in",
    "--dst",
    "out",
    "--json",
    "--cert",
    join(base, "cert"),
    "--token-file",
    join(base, "token"),
  ];
  const running = sallyport(["process", "--hosts", hosts.map(({ name }) => name).join(","), ...args], {
    cwd,
    env: { HOME: cwd },
    timeout: HANGS_MS,
  });
  let isOver = false;
  void running.then(() => {
    isOver = true;
  });
  const busy = async () => (await doomed.get("/v1/accelerators")).accelerators[0].running > 0;
  while (!isOver && !(await busy())) await new Promise((resolve) => setImmediate(resolve));
  doomed.program.child.kill("SIGKILL");

  const { code, stdout, stderr } = await running;
  expect([code, stderr.split("\n")[0]]).toEqual([0, expect.stringContaining(`${doomed.name} gets nothing more`)]);
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ done: 12, failed: 0 });
  for (const input of summary.inputs) expect(input.tries).toBeLessThanOrEqual(2);
  expect(summary.inputs.filter(({ tries }: { tries: number }) => tries === 2).length).toBeGreaterThan(0);
  expect(readdirSync(join(cwd, "out")).sort()).toEqual(names);
  for (const name of names) expect(readFileSync(join(cwd, "out", name), "utf8")).toBe(`TEXT OF ${name.toUpperCase()}`);
  for (const { get } of others) expect(await get("/v1/jobs")).toEqual({ jobs: [] });
});
