import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { SlowAndWaitingMixed } from "./test/support/sequence.js";

/** Root, namespaces, real programs. */
const system = ["test/**/*.system.test.ts"];
const installed = "test/judges/node_modules/**";
/** Real Terraform against the emulator: nearly all of their time is the provider's own waiting. */
const waiting = ["test/stacks/**/*.system.test.ts"];

const shared = {
  setupFiles: ["test/support/setup.ts"],
  globalSetup: ["test/support/global-setup.ts"],
  expect: { poll: { timeout: 300_000, interval: 50 } },
};
/** A test fails by what it finds, never by how long a busy machine takes: these limits only end what hangs. */
const patient = { testTimeout: 1_800_000, hookTimeout: 1_800_000 };

export default defineConfig({
  test: {
    // A snapshot that is new or unused fails here as it does in CI; `-u` writes it.
    update: "none",
    maxConcurrency: 10,
    reporters: ["default", "./test/support/report.ts"],
    sequence: { sequencer: SlowAndWaitingMixed },
    projects: [
      {
        // The examples import the package by name.
        resolve: { alias: [{ find: /^sallyport$/, replacement: join(import.meta.dirname, "index.ts") }] },
        test: {
          ...shared,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...system, installed],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Modules are loaded once for all files of a worker: half the time of these tests was loading.
          isolate: false,
          // One more than there are processors: some tests wait most of their time.
          maxWorkers: Math.max(2, availableParallelism()) + 1,
          sequence: { groupOrder: 0 },
        },
      },
      // Both together: while Terraform waits, the others work. Each file has namespaces and directories of its own.
      {
        test: {
          ...shared,
          ...patient,
          name: "terraform",
          include: waiting,
          maxWorkers: 6,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          ...patient,
          name: "system",
          include: system,
          exclude: [...waiting, installed],
          maxWorkers: 6,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
