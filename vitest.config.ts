import { join } from "node:path";
import { defineConfig } from "vitest/config";

const slow = ["test/**/*.system.test.ts"];
/** Real Terraform against the emulator: nearly all of their time is the provider's own waiting. */
const waiting = ["test/stacks/*.system.test.ts"];

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      {
        // The examples import the package by name.
        resolve: { alias: [{ find: /^sallyport$/, replacement: join(import.meta.dirname, "index.ts") }] },
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: slow,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "terraform",
          include: waiting,
          maxWorkers: 3,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // These meet the real kernel and sshd: one file at a time, so that none starves another.
        test: {
          name: "system",
          include: slow,
          exclude: waiting,
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
