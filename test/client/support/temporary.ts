import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory that goes away with the test that asked for it. */
export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-client-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
