import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of this worker, whose files share it. */
const state = globalThis as { dirsOfFile?: string[] };

/** A new directory. It goes when all hooks of the test file have run. */
export function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-file-"));
  state.dirsOfFile ??= [];
  state.dirsOfFile.push(dir);
  return dir;
}

export function removeDirs(): void {
  for (const dir of state.dirsOfFile?.splice(0) ?? []) rmSync(dir, { recursive: true, force: true });
}
