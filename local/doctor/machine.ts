/** Checks the privileges of this process and the effects of its environment. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { awsFiles } from "../../config/aws-profiles.js";
import { ok, optional, type Row, rowOf } from "./row.js";

type Environment = NodeJS.ProcessEnv;

export async function machineRows(env: Environment): Promise<Row[]> {
  return [await privilegeRow(), credentialsRow(env), endpointRow(env), await logRow(env)];
}

/** Bits of linux/capability.h. */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;

async function privilegeRow(): Promise<Row> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  const lacking = Object.entries(NEEDED).filter(([, bit]) => ((held >> bit) & 1n) === 0n);
  if (lacking.length === 0) return ok("privileges", "may make network and mount namespaces");
  return optional(
    "privileges",
    `lacks ${lacking.map(([name]) => name).join(" and ")}; the demo then runs without packet filtering`,
    "run the demo as root",
  );
}

/** Reports the source of the credentials, never the credentials. */
export function credentialsRow(env: Environment): Row {
  const check = "aws credentials";
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) return ok(check, "in AWS_ACCESS_KEY_ID");
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE) return ok(check, "through AWS_WEB_IDENTITY_TOKEN_FILE");
  if (env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI) {
    return ok(check, "from the container's role");
  }
  const file = awsFiles(env).find((path) => existsSync(path));
  if (file !== undefined) return ok(check, env.AWS_PROFILE ? `profile ${env.AWS_PROFILE} in ${file}` : `in ${file}`);
  return optional(
    check,
    "none found; a deploy to AWS needs them, the demo does not",
    '"aws configure", or set AWS_PROFILE',
  );
}

function endpointRow(env: Environment): Row {
  return ok("aws endpoint", env.AWS_ENDPOINT_URL ? `${env.AWS_ENDPOINT_URL} (AWS_ENDPOINT_URL)` : "AWS itself");
}

function logRow(env: Environment): Promise<Row> {
  return rowOf("terraform log", async () => {
    const { guardTerraformLog } = await import("../../stacks/terraform/tf-log-guard.js");
    guardTerraformLog(env);
    return ok("terraform log", "prints no secrets");
  });
}
