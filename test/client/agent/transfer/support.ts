/** A host that serves one file, at the pace of the test. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { AgentClient } from "../../../../client/agent/agent-client.js";
import { formatDigest } from "../../../../client/agent/transfer/digest.js";
import { httpPeer } from "../../support/peers.js";
import { temporaryDir } from "../../support/temporary.js";

export const SIZE = 300_000;

export async function oneFile() {
  const data = randomBytes(SIZE);
  const digest = createHash("sha256").update(data).digest();
  const ranges: (string | undefined)[] = [];
  let hold = Promise.resolve();
  const peer = await httpPeer(async (request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      ETag: '"one"',
      "Accept-Ranges": "bytes",
      "Content-Length": SIZE - from,
      "Repr-Digest": formatDigest(digest),
      ...(from > 0 ? { "Content-Range": `bytes ${from}-${SIZE - 1}/${SIZE}` } : {}),
    });
    const half = Math.max(from, SIZE / 2);
    response.write(data.subarray(from, half));
    await hold;
    response.end(data.subarray(half));
  });
  const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: { kind: "plain" } });
  onTestFinished(() => client.close());
  const dir = await temporaryDir();
  return {
    client,
    data,
    sha256: digest.toString("hex"),
    dir,
    at: (name: string) => join(dir, name),
    /** The `Range` of each request. */
    ranges,
    source: (path: string) => `127.0.0.1:${peer.port}/${path}`,
    /** Answers stop in the middle until the returned function is called. */
    holdAnswers(): () => void {
      let release = () => {};
      hold = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    /** Starts a download, and resolves when its first bytes have arrived. */
    async begin(path: string, file: string): Promise<{ done: Promise<unknown> }> {
      const events = new AbortController();
      const arrived = once(events.signal, "abort");
      const done = client.download(path, file, { onProgress: (bytes) => bytes > 0 && events.abort() });
      await Promise.race([arrived, done]);
      return { done };
    },
  };
}
