import { describe, test } from "vitest";
import { FakeKernel } from "../support/fake-kernel.js";
import { KERNEL_CASES } from "./kernel-cases.js";

describe("the fake kernel", () => {
  test.each(KERNEL_CASES)("$title", ({ run }) => run(new FakeKernel()));
});
