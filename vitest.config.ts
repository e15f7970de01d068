import { defineConfig } from "vitest/config";

const slow = ["test/**/*.system.test.ts"];

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: slow,
          testTimeout: 20_000,
        },
      },
      {
        // These meet the real kernel, sshd and Terraform: one file at a time, so that none starves another.
        test: {
          name: "system",
          include: slow,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
