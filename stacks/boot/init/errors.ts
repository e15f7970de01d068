/** The faults of `init_script` and `init_config`. Messages name places and kinds, never the text at fault. */

import { defined } from "../../../base/defined.js";
import { EXIT, Fault, quote } from "../../../base/fault.js";

const usage = (code: string, message: string, hint: string, cause?: unknown) =>
  new Fault(
    `stacks/init-${code}`,
    message,
    defined({
      hint,
      exit: EXIT.usage,
      cause,
    }),
  );

export const unreadable = (key: string, path: string, reason: string, cause: unknown): Fault =>
  usage("unreadable", `${key}: cannot read ${quote(path)}: ${reason}`, "name a file that you may read", cause);

export const notText = (key: string, path: string): Fault =>
  usage("not-text", `${key}: ${quote(path)} is not UTF-8 text`, "name a text file; user data cannot carry others");

export const tooLarge = (key: string, path: string, bytes: number, most: number): Fault =>
  usage(
    "too-large",
    `${key}: ${quote(path)} has ${bytes} bytes; ${most} is the most that is read`,
    "let a short init_script fetch it from a bucket that buckets: names",
  );

export const notBash = (path: string): Fault =>
  usage(
    "not-bash",
    `init_script: ${quote(path)} begins with the #! of another program than bash`,
    "it is run by bash: begin with #!/bin/bash, and call the other program from there",
  );

export const unknownKind = (path: string): Fault =>
  usage(
    "unknown-kind",
    `init_config: ${quote(path)} is neither an INI file nor YAML by its name`,
    "name a file that ends in .conf, .ini, .yaml or .yml, or write init_config: true",
  );

/** @param found `accelerator.conf:5 [host] client_id` */
export const cloudCredentials = (found: readonly string[]): Fault =>
  usage(
    "cloud-credentials",
    `init_config would carry credentials of a cloud, which every program on the host could read: ${found.join(", ")}`,
    "take them out of the file: the hosts' role opens what buckets: and policy: name",
  );

/** @param found `setup.sh:7 (a private key)` */
export const secretsInScript = (found: readonly string[]): Fault =>
  usage(
    "secrets-in-script",
    `init_script holds secrets, which every program on the host could read: ${found.join(", ")}`,
    "let the script fetch them when it runs, such as with aws ssm get-parameter and the hosts' role",
  );

export const tooLong = (over: number, most: number): Fault =>
  usage(
    "too-long",
    `init_script and init_config are ${over} bytes too long for EC2's ${most} bytes of user data`,
    "let a short script fetch the rest from a bucket that buckets: names, or bake it into an image and name it in ami:",
  );
