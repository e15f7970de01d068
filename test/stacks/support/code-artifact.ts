/** Our own CodeArtifact as an emulator, in this process; its directory goes with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { startMirror } from "../../../mirror/serve.js";
import { parseConfig } from "../../../mirror/settings/parse.js";

export interface Emulated {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startCodeArtifact(): Promise<Emulated> {
  const dir = await mkdtemp(join(tmpdir(), "code-artifact-"));
  const text = JSON.stringify({ emulator: true, dir: join(dir, "state"), listen: { port: 0 } });
  const { url, close } = await startMirror(parseConfig(text, join(dir, "mirror.yaml")), {
    env: { HOME: dir },
    log: pino({ level: "silent" }),
  });
  return {
    url,
    stop: async () => {
      await close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
