/** The real agent, on loopback ports of its own. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type AgentOptions, startAgent } from "../../../agent/serve.js";
import { parseConfig } from "../../../agent/settings/parse.js";
import type { AgentConfig } from "../../../agent/settings/schema.js";
import { defined } from "../../../base/defined.js";
import type { IssuedCertificate } from "../../../certs/issue.js";
import { AgentClient } from "../../../client/agent/agent-client.js";
import type { TransportOptions } from "../../../client/tls/transport.js";
import { pinned, wildcard } from "./certificates.js";
import { temporaryDir } from "./temporary.js";

export const TOKEN = "t0ken-that-only-the-deployer-has-0123456789ab";

export interface RunningAgent {
  readonly dir: string;
  /** The authorized directory "shared". */
  readonly shared: string;
  readonly certificate: IssuedCertificate;
  readonly port: number;
  readonly httpPort: number;
  readonly client: AgentClient;
}

export async function runAgent(
  options: {
    certificate?: IssuedCertificate | false;
    auth?: AgentConfig["auth"];
    hostKeys?: readonly string[];
    /** YAML. */
    accelerators?: string;
    limits?: AgentOptions["limits"];
  } = {},
): Promise<RunningAgent> {
  const dir = await temporaryDir();
  const at = (name: string) => join(dir, name);
  const certificate =
    options.certificate === false ? { cert: "", key: "" } : (options.certificate ?? (await wildcard()));
  await mkdir(at("shared"));
  await mkdir(at("readonly"));
  await mkdir(at("ssh"));
  await writeFile(at("tls.crt"), certificate.cert);
  await writeFile(at("tls.key"), certificate.key, { mode: 0o600 });
  await writeFile(at("token"), TOKEN, { mode: 0o600 });
  await Promise.all(
    (options.hostKeys ?? []).map((key, index) => writeFile(at(`ssh/ssh_host_k${index}_key.pub`), `${key}\n`)),
  );
  const plain = options.certificate === false;
  const agent = await startAgent(
    {
      ...parseConfig(`{ name: x, tls: false, accelerators: ${options.accelerators ?? "{}"} }`, "agent.yaml"),
      jobs_dir: at("jobs"),
      name: "accelerator-1",
      listen: { address: "127.0.0.1", https_port: 0, http_port: 0 },
      tls: plain ? false : { cert: at("tls.crt"), key: at("tls.key") },
      auth: options.auth ?? "token",
      serve_addresses: false,
      token: at("token"),
      authorized_host_dirs: [
        { name: "shared", path: at("shared"), mode: "rw" },
        { name: "readonly", path: at("readonly"), mode: "ro" },
      ],
      max_upload_bytes: 1024 ** 3,
    },
    { env: process.env, log: pino({ level: "silent" }), sshDir: at("ssh"), limits: { graceMs: 0, ...options.limits } },
  );
  const port = (plain ? agent.httpPort : agent.httpsPort) ?? 0;
  const client = new AgentClient(
    defined<TransportOptions>({
      host: "127.0.0.1",
      port,
      trust: plain ? { kind: "plain" } : pinned(certificate.cert),
      token: options.auth === "none" ? undefined : TOKEN,
    }),
  );
  onTestFinished(async () => {
    client.close();
    await agent.close();
  });
  return { dir, shared: at("shared"), certificate, port, httpPort: agent.httpPort ?? 0, client };
}
