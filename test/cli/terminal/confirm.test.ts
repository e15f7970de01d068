import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { confirm } from "../../../cli/terminal/confirm.js";

const options = { json: false, quiet: false, debug: false };
const context = { options, signal: new AbortController().signal };
const terminal = () => Object.assign(new PassThrough(), { isTTY: true });

describe("a question", () => {
  test.each([
    ["y", true],
    ["YES", true],
    [" yes ", true],
    ["", false],
    ["n", false],
    ["yep", false],
  ])("is answered with %j: %s", async (answer, agreed) => {
    const [input, output] = [terminal(), terminal()];
    input.write(`${answer}\n`);
    expect(await confirm(context, "3 hosts would be lost.", { input, output })).toBe(agreed);
    expect(String(output.read())).toContain("3 hosts would be lost. Continue? [y/N] ");
  });

  test.each([
    ["there is no terminal", new PassThrough(), terminal(), options],
    ["its output goes elsewhere", terminal(), new PassThrough(), options],
    ["a program reads the answer", terminal(), terminal(), { ...options, json: true }],
  ])("is not asked where %s", async (_, input, output, given) => {
    await expect(
      confirm({ ...context, options: given }, "3 hosts would be lost.", { input, output }),
    ).rejects.toMatchObject({
      message: "3 hosts would be lost, but there is no terminal to ask on",
      hint: "add --yes to go ahead",
      exit: 2,
    });
  });

  test("ends with the signal", async () => {
    const aborted = { ...context, signal: AbortSignal.abort() };
    await expect(confirm(aborted, "x", { input: terminal(), output: terminal() })).rejects.toThrow();
  });
});
