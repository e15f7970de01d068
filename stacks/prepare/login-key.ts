/** The SSH key of a deployment, and the suffix of its names, which is derived from the key. */
import { join } from "node:path";
import { defined } from "../../base/defined.js";
import { homeOf } from "../../base/home.js";
import { findLoginKey, type LoginKey } from "../../certs/login-key.js";
import type { Config } from "../../config/load.js";
import type { SshKey } from "../constructs/key-pair.js";
import { deploymentSuffix, ec2KeyPair } from "../names.js";
import type { PrepareOptions } from "./options.js";

export const sshDir = (env: NodeJS.ProcessEnv) => join(homeOf(env), ".ssh");

export interface PreparedKey {
  readonly sshKey: SshKey;
  /** File for `ssh -i`. Absent: this machine has no file of the pair. */
  readonly identity?: string;
  /** 8 hex digits that make the deployment's names unique in the account. */
  readonly suffix: string;
}

/** Finds the key pair, and creates a missing one unless `create` is false. */
export async function prepareKey(
  config: Pick<Config, "key_pair" | "key_type">,
  { env, onStep, create = true }: Pick<PrepareOptions, "env" | "onStep" | "create">,
): Promise<PreparedKey> {
  const key = await findLoginKey(
    config.key_pair,
    defined({ dir: sshDir(env), create: create ? config.key_type : undefined }),
  );
  onStep?.(describeKey(key));
  const { publicKey, ec2Name = "", identity } = key;
  const sshKey: SshKey = publicKey === undefined ? { kind: "ec2", name: ec2Name } : { kind: "public-key", publicKey };
  return { sshKey, suffix: suffixOf(key), ...defined({ identity }) };
}

/** @param key undefined if there is no key: the suffix is then that of an empty one. */
export function suffixOf(key: Pick<LoginKey, "publicKey" | "ec2Name"> | undefined): string {
  return deploymentSuffix(key?.publicKey ?? ec2KeyPair(key?.ec2Name ?? ""));
}

function describeKey({ ec2Name, identity, isPrivate, created }: LoginKey): string {
  if (identity === undefined)
    return `no private key for key pair ${ec2Name} found locally: hosts of it cannot be logged in to from here`;
  if (ec2Name !== undefined) return `SSH key pair ${ec2Name} of EC2, opened by ${identity}`;
  if (!isPrivate) return `SSH key ${identity}; its private half is elsewhere`;
  return `SSH key pair ${identity} (${created ? "created" : "existing"})`;
}
