/** Downloads a file into a stream. Bytes that were written cannot be taken back. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { changedMeanwhile, localUnwritable } from "../../errors.js";
import type { Transport } from "../../tls/transport.js";
import { sha256 } from "./digest.js";
import type { Downloaded } from "./downloaded.js";
import { checkDigest, type ReceiveOptions, type ReceiveTarget, type Representation, receive } from "./receive.js";

export async function getInto(
  transport: Transport,
  path: string,
  sink: Writable,
  options: ReceiveOptions = {},
): Promise<Downloaded> {
  const hash = sha256();
  const waiting = options.signal === undefined ? {} : { signal: options.signal };
  let bytes = 0;
  let first: Representation | undefined;
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  const target: ReceiveTarget = {
    get have() {
      return first?.etag === undefined || bytes === 0 ? undefined : { bytes, etag: first.etag };
    },
    async begin(of) {
      if (bytes > 0) throw changedMeanwhile(path);
      first = of;
    },
    async write(chunk) {
      if (broken !== undefined) throw broken;
      hash.update(chunk);
      bytes += chunk.length;
      if (!sink.write(chunk)) await once(sink, "drain", waiting);
    },
    async flush() {},
  };
  sink.on("error", onError);
  try {
    const { digest: expected } = await receive(transport, path, target, options);
    await written(sink).catch((error: Error) => {
      broken ??= error;
    });
    // A full disk behind stdout refuses the last bytes after write() has returned.
    if (broken !== undefined) throw localUnwritable(broken);
    const digest = hash.digest();
    checkDigest(path, expected, digest, "written");
    return { size: bytes, sha256: digest.toString("hex") };
  } finally {
    // The stream emits an error a moment after it has refused a write.
    setImmediate(() => sink.removeListener("error", onError));
  }
}

/** Resolves when `sink` has taken everything that was written to it. */
function written(sink: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write("", (error) => (error ? reject(error) : resolve()));
  });
}
