/**
 * The accelerator "sha3": a FIPS 202 digest of the input by `app.specific.algorithm`. It is in the result document, and
 * as hexadecimal digits in the output if there is one.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type BuiltinResult, type Call, Refusal, readWithProgress, serveCall } from "./protocol.js";

const ALGORITHMS = ["sha3-224", "sha3-256", "sha3-384", "sha3-512"];

async function sha3({ input, output, specific }: Call): Promise<BuiltinResult> {
  if (input === undefined) throw new Refusal("sha3 needs an input");
  const { algorithm = "sha3-256" } = specific;
  if (typeof algorithm !== "string" || !ALGORITHMS.includes(algorithm)) {
    throw new Refusal(`app.specific.algorithm is ${JSON.stringify(algorithm)}; write one of ${ALGORITHMS.join(", ")}`);
  }
  const hash = createHash(algorithm);
  const source = readWithProgress(input);
  for await (const chunk of source.chunks) hash.update(chunk);
  const digest = hash.digest("hex");
  if (output !== undefined) writeFileSync(output, digest, { mode: 0o600 });
  const bytesWritten = output === undefined ? 0 : digest.length;
  return { specific: { algorithm, digest }, bytesRead: source.read(), bytesWritten };
}

await serveCall(sha3);
