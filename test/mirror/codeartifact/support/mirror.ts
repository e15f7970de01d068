/** A mirror in this process, and the AWS SDK's own client for it. */
import { readFileSync } from "node:fs";
import { CodeartifactClient } from "@aws-sdk/client-codeartifact";
import { pino } from "pino";
import { parseAccessKeys } from "../../../../mirror/codeartifact/auth/access-keys.js";
import { type Mirror, startMirror } from "../../../../mirror/serve.js";
import { parseConfig } from "../../../../mirror/settings/parse.js";
import { newDir } from "../../../support/new-dir.js";

export interface TestMirror {
  readonly mirror: Mirror;
  readonly dir: string;
  readonly id: string;
  readonly secret: string;
  readonly lines: string[];
  client(secret?: string): CodeartifactClient;
  stop(): Promise<void>;
}

/** @param more lines of mirror.yaml */
export async function startTestMirror(more = "", dir = newDir(), now: () => number = Date.now): Promise<TestMirror> {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const config = parseConfig(`dir: ${dir}\nlisten: { port: 0 }\n${more}`, "mirror.yaml");
  const mirror = await startMirror(config, { env: process.env, log, now });
  const file = mirror.accessKeys;
  const [key] = file === undefined ? [] : parseAccessKeys(readFileSync(file, "utf8"), file).values();
  const [id, own] = [key?.id ?? "AKIAEMULATOREMULATOR", key?.secret ?? "any"];
  return {
    mirror,
    dir,
    id,
    secret: own,
    lines,
    client: (secret = own) => clientOf(mirror.url, id, secret),
    stop: () => mirror.close(),
  };
}

export function clientOf(endpoint: string, accessKeyId: string, secretAccessKey: string): CodeartifactClient {
  const credentials = { accessKeyId, secretAccessKey };
  return new CodeartifactClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}
