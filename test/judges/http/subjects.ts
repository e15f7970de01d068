/** The three daemons behind TLS, each with a file to get and content to take. */
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defined } from "../../../base/defined.js";
import { makeCertificate } from "../../agent/support/certificate.js";
import { BEARER, startTestAgent } from "../../agent/support/test-agent.js";
import { ask, type Peer } from "../../agent/support/wire.js";
import { startKernellessGateway, tokenOf } from "../../gateway/support/gateway.js";
import { startTestMirror } from "../../mirror/codeartifact/support/mirror.js";
import { npmTarball } from "../../mirror/support/wheels.js";

export interface Subject {
  readonly name: "agent" | "gateway" | "mirror";
  readonly port: number;
  readonly cert: string;
  /** A resource with a validator and ranges. */
  readonly file?: {
    readonly target: string;
    readonly fields: readonly string[];
    readonly content: Buffer;
    readonly etag: string;
  };
  readonly content: {
    readonly line: string;
    readonly fields: readonly string[];
    readonly content: string;
    /** Statuses of a request whose content was read whole and understood. */
    readonly taken: readonly number[];
    /** What was stored, if that can be seen. */
    readonly stored?: () => string | undefined;
    /** Forgets what was stored. */
    readonly forget?: () => void;
  };
  stop(): Promise<void>;
}

type Started = Promise<Subject>;

const CONTENT = Buffer.from("0123456789".repeat(10));
const FUTURE = new Date("2100-01-01T00:00:00Z");
const MODIFIED = new Date("2020-02-02T02:02:02.500Z");

async function startAgent(): Started {
  const agent = await startTestAgent();
  const file = join(agent.shared, "file");
  writeFileSync(file, CONTENT);
  utimesSync(file, MODIFIED, MODIFIED);
  writeFileSync(join(agent.shared, "empty"), "");
  const future = join(agent.shared, "future");
  writeFileSync(future, CONTENT);
  utimesSync(future, FUTURE, FUTURE);
  const stored = join(agent.shared, "new");
  const fields = [`Authorization: ${BEARER.Authorization}`];
  return {
    name: "agent",
    port: agent.port,
    cert: agent.ca ?? "",
    file: await fileOf({ port: agent.port, ca: agent.ca ?? "" }, "/v1/files/shared/file", BEARER.Authorization),
    content: {
      line: "PUT /v1/files/shared/new HTTP/1.1",
      fields,
      content: "hello, world",
      taken: [201, 204],
      stored: () => readOrUndefined(stored),
      forget: () => rmSync(stored, { force: true }),
    },
    stop: () => agent.stop(),
  };
}

async function startGateway(): Started {
  const gateway = await startKernellessGateway({ assets: new Map() });
  return {
    name: "gateway",
    port: gateway.port,
    cert: gateway.cert,
    content: {
      line: "POST /v1/forwards HTTP/1.1",
      fields: [`X-Auth: ${await tokenOf("ada")}`, "Content-Type: application/json", "Idempotency-Key: the-same"],
      content: JSON.stringify({
        target_addr: "192.168.1.11",
        target_port: 22,
        target_component: "c",
        target_name: "n",
      }),
      taken: [201, 200],
    },
    stop: () => gateway.stop(),
  };
}

async function startMirror(): Started {
  const { cert, key } = makeCertificate("IP:127.0.0.1");
  const dir = mkdtempSync(join(tmpdir(), "sallyport-judge-"));
  writeFileSync(join(dir, "cert"), cert);
  writeFileSync(join(dir, "key"), key, { mode: 0o600 });
  const { mirror } = await startTestMirror(`emulator: true\ntls: { cert: ${dir}/cert, key: ${dir}/key }`, dir);
  const peer = { port: mirror.port, ca: cert };
  const call = async (method: string, target: string, headers: Readonly<Record<string, string>>, body?: string) => {
    const reply = await ask(peer, target, { method, headers, ...defined({ body }) });
    if (reply.status !== 200) throw new Error(`${method} ${target}: ${reply.raw.toString()}`);
    return JSON.parse(reply.body.toString()) as Record<string, string>;
  };
  await call("POST", "/v1/domain?domain=tools", SIGNED, "{}");
  await call("POST", "/v1/repository?domain=tools&repository=team", SIGNED, "{}");
  const { authorizationToken } = await call("POST", "/v1/authorization-token?domain=tools", SIGNED);
  const bearer = `Bearer ${authorizationToken}`;
  const npm = "/d/tools-123456789012/npm/team";
  const { content } = npmTarball({ name: "judged", version: "1.0.0" });
  await call("PUT", `${npm}/judged`, { Authorization: bearer }, publication(content));
  return {
    name: "mirror",
    port: mirror.port,
    cert,
    file: await fileOf(peer, `${npm}/judged/-/judged-1.0.0.tgz`, bearer),
    content: {
      line: `PUT ${npm}/-/package/judged/dist-tags/next HTTP/1.1`,
      fields: [`Authorization: ${bearer}`],
      content: '"1.0.0"',
      taken: [200, 201, 204],
    },
    stop: async () => {
      await mirror.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const SUBJECTS = { agent: startAgent, gateway: startGateway, mirror: startMirror } as const;

/** The emulator believes every signature that looks like one. */
const SIGNED = {
  Authorization: `AWS4-HMAC-SHA256 Credential=AKIAJUDGE/20260101/us-east-1/codeartifact/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
};

async function fileOf(peer: Peer, target: string, authorization: string) {
  const { body: content, headers } = await ask(peer, target, { headers: { Authorization: authorization } });
  return { target, fields: [`Authorization: ${authorization}`], content, etag: headers.etag ?? "" };
}

function publication(tarball: Buffer): string {
  return JSON.stringify({
    name: "judged",
    "dist-tags": { latest: "1.0.0" },
    versions: { "1.0.0": { name: "judged", version: "1.0.0", dist: {} } },
    _attachments: {
      "judged-1.0.0.tgz": {
        content_type: "application/octet-stream",
        data: tarball.toString("base64"),
        length: tarball.length,
      },
    },
  });
}

function readOrUndefined(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
