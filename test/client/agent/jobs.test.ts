import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { startAgent } from "../../../agent/serve.js";
import { parseConfig } from "../../../agent/settings/parse.js";
import { defined } from "../../../base/defined.js";
import { AgentClient } from "../../../client/agent/agent-client.js";
import { startJobAgent } from "../../agent/support/job-agent.js";
import { TOKEN as JOB_TOKEN } from "../../agent/support/test-agent.js";
import { type RunningAgent, runAgent, TOKEN } from "../support/agent.js";
import { pinned } from "../support/certificates.js";
import { httpPeer } from "../support/peers.js";
import { relayTo } from "../support/relay.js";

const accelerators = `{
  upper: { filter: [tr, a-z, A-Z] },
  slow: { filter: [sh, -c, "echo 'progress: 42%' >&2; exec sleep 600"] },
  gated: { filter: [sh, -c, "gate=$(cat); while [ ! -e \\"$gate\\" ]; do sleep 0.05; done; echo through"] },
  fail: { filter: [sh, -c, "cat > /dev/null; echo 'it went wrong' >&2; exit 3"] }
}`;
const start = () => runAgent({ certificate: false, accelerators });
const quick = { retryDelay: () => 1 };

function clientOf(port: number): AgentClient {
  return new AgentClient({ host: "127.0.0.1", port, trust: { kind: "plain" }, token: TOKEN });
}

async function gated({ dir, client }: RunningAgent) {
  const gate = join(dir, "gate");
  const { id } = await client.jobs.submit({ accelerator: "gated", input: { stream: Readable.from([gate]) } });
  return { id, open: () => writeFile(gate, "") };
}

describe("with the real agent", () => {
  it.each([0, 1, 3_000_001])("sends a file of %d bytes, follows the job and fetches its output", async (size) => {
    const { client, dir } = await start();
    const data = randomBytes(size);
    await writeFile(join(dir, "in"), data);
    const progress: Array<number | undefined> = [];
    const job = await client.jobs.submit({
      accelerator: "upper",
      input: { file: join(dir, "in") },
      parameters: { "a b": ["&", "é"] },
      onProgress: (done, total) => progress.push(done, total),
    });
    expect(job).toMatchObject({ accelerator: "upper", input_bytes: size, parameters: { "a b": ["&", "é"] } });
    expect(progress.slice(-2)).toEqual(size === 0 ? [] : [size, size]);

    const states: string[] = [];
    const ended = await client.jobs.follow(job.id, { onState: ({ state }) => states.push(state) });
    expect([ended.state, states.at(-1)]).toEqual(["done", "done"]);
    const expected = Buffer.from(data.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte)));
    const got = await client.jobs.download(job.id, join(dir, "out"));
    expect(got).toEqual({ size, sha256: createHash("sha256").update(expected).digest("hex") });
    expect((await readFile(join(dir, "out"))).equals(expected)).toBe(true);
    expect((await readdir(dir)).filter((name) => name.includes("sallyport-part"))).toEqual([]);

    await client.jobs.remove(job.id);
    await expect(client.jobs.get(job.id)).rejects.toMatchObject({ code: "client/not-found", exit: 3 });
  });

  it("names files of the host", async () => {
    const { client, shared } = await start();
    await writeFile(join(shared, "in"), "abc");
    const { id } = await client.jobs.submit({ input: { url: "host://shared/in" }, output: "host://shared/out" });
    expect((await client.jobs.follow(id)).output).toBe("host://shared/out");
    expect(await readFile(join(shared, "out"), "utf8")).toBe("ABC");
  });

  it("lists, in pages of its own, what matches", async () => {
    const { client } = await start();
    const ids: string[] = [];
    for (const text of ["a", "b", "c"]) {
      const { id } = await client.jobs.submit({ input: { stream: Readable.from([text]) }, key: `key-${text}` });
      await client.jobs.follow(id);
      ids.unshift(id);
    }
    expect((await client.jobs.list()).map(({ id }) => id)).toEqual(ids);
    expect((await client.jobs.list({ limit: 2 })).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await client.jobs.list({ key: "key-b", state: "done" })).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await client.jobs.list({ accelerator: "slow" })).toEqual([]);
  });

  it("cancels, and tells how it ended", async () => {
    const { client } = await start();
    const { id } = await client.jobs.submit({ accelerator: "slow" });
    const following = client.jobs.follow(id);
    expect((await client.jobs.cancel(id)).state).toBe("cancelled");
    expect((await following).state).toBe("cancelled");
  });

  it("tells why a job failed, and has no output of it", async () => {
    const { client, dir } = await start();
    const { id } = await client.jobs.submit({ accelerator: "fail" });
    const job = await client.jobs.follow(id);
    expect(job).toMatchObject({ state: "failed", exit_status: 3, stderr_tail: "it went wrong\n" });
    const fetching = client.jobs.download(id, join(dir, "out"));
    await expect(fetching).rejects.toMatchObject({ code: "client/conflict", exit: 5 });
    expect(await readdir(dir)).not.toContain(".out.sallyport-part");
  });

  it("tells what the host has", async () => {
    const { client } = await start();
    const answer = await client.jobs.accelerators();
    expect(answer.default).toBe("upper");
    expect(answer.accelerators.map(({ name }) => name)).toEqual(["upper", "slow", "gated", "fail"]);
  });

  it("refuses ids that would be other paths, and parameters that no request holds", async () => {
    const { client } = await start();
    await expect(client.jobs.get("../files")).rejects.toMatchObject({ code: "client/bad-job-id", exit: 2 });
    const input = { stream: Readable.from(["x"]) };
    const submitting = client.jobs.submit({ input, parameters: { text: "x".repeat(9_000) } });
    await expect(submitting).rejects.toMatchObject({ code: "client/parameters-too-long", exit: 2 });
  });
});

describe("over connections that break", () => {
  it("a submission whose answer was lost is made once", async () => {
    const agent = await start();
    let lost = 0;
    const relay = await relayTo(agent.port, (answer) => /^HTTP\/1\.1 201/.test(answer) && lost++ === 0);
    const client = clientOf(relay.port);
    await writeFile(join(agent.dir, "in"), "once");
    for (const input of [{ file: join(agent.dir, "in") }, undefined]) {
      lost = 0;
      const before = (await agent.client.jobs.list()).length;
      const { id } = await client.jobs.submit(defined({ accelerator: "upper", input }));
      expect(lost).toBe(1);
      expect((await agent.client.jobs.list()).length).toBe(before + 1);
      expect((await client.jobs.follow(id, quick)).state).toBe("done");
    }
    client.close();
  });

  it("following goes on where the events broke off", async () => {
    const agent = await start();
    const { id, open } = await gated(agent);
    const relay = await relayTo(agent.port);
    const client = clientOf(relay.port);
    let told = 0;
    const ended = client.jobs.follow(id, {
      ...quick,
      onState: ({ state }) => {
        if (state !== "running") return;
        told += 1;
        if (told < 4) relay.cut();
        else void open();
      },
    });
    expect((await ended).state).toBe("done");
    expect(relay.connections()).toBeGreaterThan(1);
    client.close();
  });

  it("following falls back to asking where events do not come through", async () => {
    const agent = await start();
    const { id, open } = await gated(agent);
    let asked = 0;
    // A proxy that knows nothing of events: each stream is answered with a page of its own.
    const peer = await httpPeer((request, response) => {
      if (request.url?.endsWith("/events")) {
        response.writeHead(200, { "Content-Type": "text/html" }).end("<html>");
        return;
      }
      asked += 1;
      if (asked === 3) void open();
      void agent.client.jobs.get(id).then((job) => {
        response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(job));
      });
    });
    const client = clientOf(peer.port);
    expect((await client.jobs.follow(id, quick)).state).toBe("done");
    expect(asked).toBeGreaterThanOrEqual(3);
    client.close();
  });

  it("following gives up on a host that is gone, and at once when told to", async () => {
    const agent = await start();
    const { id } = await gated(agent);
    const relay = await relayTo(agent.port, () => true);
    const client = clientOf(relay.port);
    await expect(client.jobs.follow(id, { ...quick, retries: 3 })).rejects.toMatchObject({ code: "client/broken" });
    const signal = AbortSignal.abort();
    await expect(client.jobs.follow(id, { ...quick, signal })).rejects.toMatchObject({ code: "client/aborted" });
    client.close();
    await agent.client.jobs.remove(id);
  });
});

it("an output never replaces a file before it is whole", async () => {
  const agent = await start();
  const { id } = await agent.client.jobs.submit({ input: { stream: Readable.from([Buffer.alloc(3_000_000, "a")]) } });
  await agent.client.jobs.follow(id);
  await mkdir(join(agent.dir, "to"));
  await writeFile(join(agent.dir, "to/out"), "old");
  let bytes = 0;
  const relay = await relayTo(agent.port, (answer) => {
    bytes += answer.length;
    return bytes > 1_000_000;
  });
  const client = clientOf(relay.port);
  const fetching = client.jobs.download(id, join(agent.dir, "to/out"), { ...quick, retries: 2 });
  await expect(fetching).rejects.toMatchObject({ code: "client/broken" });
  expect(await readdir(join(agent.dir, "to"))).toEqual(["out"]);
  expect(await readFile(join(agent.dir, "to/out"), "utf8")).toBe("old");
  client.close();
});

it("T-26: a queued job is followed beyond a restart of its agent", async () => {
  const first = await startJobAgent({ limits: { graceMs: 10_000 } });
  await first.submit("once", "busy");
  const id = await first.submit("once");
  const trust = pinned(await readFile(join(first.base, "cert"), "utf8"));
  const client = new AgentClient({ host: "127.0.0.1", port: first.port, trust, token: JOB_TOKEN });
  const states: string[] = [];
  const onState = ({ state }: { state: string }) => void states.push(state);
  const following = client.jobs.follow(id, { onState, retries: 10_000, retryDelay: () => 5 });
  await expect.poll(() => states).toContain("queued");
  await first.agent.close();
  const source = first.source.replace("https_port: 0", `https_port: ${first.port}`);
  const second = await startAgent(parseConfig(source, "agent.yaml"), {
    env: { HOME: join(first.base, "home") },
    log: pino({ level: "silent" }),
  });
  expect(await following).toMatchObject({ state: "done" });
  client.close();
  await second.close();
  await rm(first.base, { recursive: true });
});
