/** The accelerator "gzip": `app.specific.mode` is "compress" or "decompress", `level` 0 to 9. */
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { type BuiltinResult, type Call, Refusal, readWithProgress, serveCall } from "./protocol.js";

const CHUNK = 256 * 1024;

async function gzip({ input, output, specific }: Call): Promise<BuiltinResult> {
  if (input === undefined || output === undefined) throw new Refusal("gzip needs an input and an output");
  const { mode = "compress", level = 6 } = specific;
  if (mode !== "compress" && mode !== "decompress") {
    throw new Refusal(`app.specific.mode is ${JSON.stringify(mode)}; write "compress" or "decompress"`);
  }
  if (typeof level !== "number" || !Number.isInteger(level) || level < 0 || level > 9) {
    throw new Refusal(`app.specific.level is ${JSON.stringify(level)}; write a whole number, 0 to 9`);
  }
  const source = readWithProgress(input);
  const sink = createWriteStream(output, { mode: 0o600 });
  const codec = mode === "compress" ? createGzip({ level, chunkSize: CHUNK }) : createGunzip({ chunkSize: CHUNK });
  await pipeline(source.chunks, codec, sink);
  return { specific: { mode }, bytesRead: source.read(), bytesWritten: sink.bytesWritten };
}

await serveCall(gzip);
