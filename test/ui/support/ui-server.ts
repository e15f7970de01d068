/** The server of the Hosts page in front of a real agent. What EC2 and Terraform say is the test's own. */
import { onTestFinished } from "vitest";
import { AgentClient } from "../../../client/agent/agent-client.js";
import type { PageAsset } from "../../../page/assets.js";
import type { HostItem } from "../../../ui/documents.js";
import type { Backend } from "../../../ui/server/backend.js";
import { startUi, type UiServer } from "../../../ui/server/serve.js";
import { type JobAgent, type JobAgentOptions, startJobAgent } from "../../agent/support/job-agent.js";
import { TOKEN } from "../../agent/support/test-agent.js";
import { type Ask, ask, type Reply } from "../../agent/support/wire.js";
import { pinned } from "../../client/support/certificates.js";

export const HOST: HostItem = {
  name: "accelerator-1",
  kind: "new",
  instance_id: "i-1",
  instance_type: "f2.6xlarge",
  spot: false,
  state: "running",
  address: "127.0.0.1",
  private_ip: "10.0.0.1",
  has_agent: true,
  ends: ["stop", "term"],
  can_start: false,
};

export interface TestUi {
  readonly server: UiServer;
  readonly agent: JobAgent;
  /** With the right Host and Origin, and without a session, unless the headers say otherwise. */
  ask(target: string, what?: Ask): Promise<Reply>;
  /** The headers of a session. */
  signIn(): Promise<Record<string, string>>;
  /** Errors that are neither a Fault nor a Problem. */
  readonly failures: unknown[];
}

export interface TestUiOptions {
  readonly agent?: JobAgentOptions;
  /** @default - a page without content */
  readonly assets?: ReadonlyMap<string, PageAsset>;
}

const EMPTY_PAGE = new Map([["/", { headers: { "Content-Type": "text/html" }, body: "<title>page</title>" }]]);

/** @param changed what EC2 and Terraform say in this test. */
export async function startTestUi(changed: Partial<Backend> = {}, options: TestUiOptions = {}): Promise<TestUi> {
  const { assets = EMPTY_PAGE } = options;
  const agent = await startJobAgent(options.agent);
  const ended = new AbortController();
  const client = new AgentClient({ host: "127.0.0.1", port: agent.port, trust: pinned(agent.ca ?? ""), token: TOKEN });
  const backend: Backend = {
    project: "/project",
    deployments: async () => [{ name: "accelerator-hosts", region: "us-east-1", account: "111122223333" }],
    hosts: async () => ({ hosts: [HOST] }),
    agent: async (name) => (name === HOST.name ? client : undefined),
    access: async () => ({ group: "sg-1", rules: [], ports: ["22"] }),
    grant: async () => undefined,
    revoke: async () => undefined,
    stop: async () => undefined,
    start: async () => undefined,
    close: () => client.close(),
    ...changed,
  };
  const failures: unknown[] = [];
  const server = await startUi({
    backend,
    assets,
    version: "0.0.0",
    port: 0,
    signal: ended.signal,
    failed: (error) => failures.push(error),
  });
  onTestFinished(async () => {
    ended.abort();
    await server.close();
    await agent.stop();
  });
  const at = `127.0.0.1:${server.port}`;
  const asking: TestUi["ask"] = (target, what = {}) =>
    ask({ port: server.port }, target, { ...what, headers: { Host: at, Origin: `http://${at}`, ...what.headers } });
  return {
    server,
    agent,
    failures,
    ask: asking,
    async signIn() {
      const reply = await asking("/api/sign-in", { method: "POST", body: JSON.stringify({ code: codeOf(server) }) });
      const cookie = reply.headers["set-cookie"]?.split(";", 1)[0] ?? "";
      return { Cookie: cookie, "X-Sallyport-Key": JSON.parse(reply.body.toString()).key };
    },
  };
}

export const codeOf = (server: UiServer): string => server.link().url.split("#sign-in=")[1] ?? "";

export const json = (reply: Reply) => JSON.parse(reply.body.toString());
