/** An agent with accelerators made of small programs, and the questions that tests ask it about jobs. */
import { BEARER, startTestAgent, type TestAgent, type TestAgentOptions } from "./test-agent.js";
import { type Ask, open, parseReply, type Reply } from "./wire.js";

/** `once` ends at once, unless its input says otherwise. */
const ACCELERATORS = `
accelerators:
  upper: { filter: [tr, a-z, A-Z] }
  slow: { filter: [sh, -c, "echo 'block 1 of 9 is read' >&2; echo 'progress: 42%' >&2; exec sleep 600"] }
  once: { filter: [sh, -c, 'if [ "$(cat)" = busy ]; then exec sleep 600; fi'] }
  fail: { filter: [sh, -c, "cat > /dev/null; echo 'it went wrong' >&2; exit 3"] }
  big: { filter: [head, -c, "1000000", /dev/zero] }
jobs_dir: "~/jobs"
`;

export interface JobAgent extends TestAgent {
  json(target: string, what?: Ask): Promise<{ reply: Reply; body: Record<string, unknown> }>;
  /** A job whose input is `content`. @returns its id. */
  submit(accelerator: string, content?: string): Promise<string>;
  /** Resolves with the job when it has ended. */
  ended(id: string): Promise<Record<string, unknown>>;
}

export const OCTETS = { "Content-Type": "application/octet-stream" };

export interface JobAgentOptions extends TestAgentOptions {
  /** Lines of agent.yaml. @default - small programs that upper-case, wait, fail … */
  readonly accelerators?: string;
}

export async function startJobAgent({
  accelerators = ACCELERATORS,
  ...options
}: JobAgentOptions = {}): Promise<JobAgent> {
  const agent = await startTestAgent({ ...options, yaml: `${accelerators}\n${options.yaml ?? ""}` });
  const json: JobAgent["json"] = async (target, what) => {
    const reply = await agent.ask(target, what);
    const text = reply.body.toString();
    return { reply, body: text === "" ? {} : JSON.parse(text) };
  };
  return {
    ...agent,
    json,
    async submit(accelerator, content = "") {
      const target = `/v1/jobs?accelerator=${accelerator}`;
      const { reply, body } = await json(target, { method: "POST", headers: OCTETS, body: content });
      if (reply.status !== 201) throw new Error(reply.raw.toString());
      return String(body.id);
    },
    async ended(id) {
      // The stream of events ends with the job.
      await agent.ask(`/v1/jobs/${id}/events`);
      return (await json(`/v1/jobs/${id}`)).body;
    },
  };
}

/** The head of an answer whose body goes on, and the way to read more of it. */
export async function openStream(agent: TestAgent, target: string, headers: Readonly<Record<string, string>> = {}) {
  const socket = await open(agent);
  const lines = Object.entries({ Host: "host.test", ...BEARER, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let text = "";
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  let closed = false;
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    wake();
  });
  socket.on("error", () => undefined);
  socket.once("close", () => {
    closed = true;
    wake();
  });
  const until = (what: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = typeof what === "string" ? text.includes(what) : what.test(text);
        if (!found && !closed) return;
        waiting.delete(look);
        if (found) resolve(text);
        else reject(new Error(`closed before ${String(what)}: ${text}`));
      };
      waiting.add(look);
      look();
    });
  return { socket, until, reply: () => parseReply(Buffer.from(text)) };
}
