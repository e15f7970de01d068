import { execFileSync } from "node:child_process";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkOutputs, findInputs, type SkippedEntry, skippedText } from "../../../client/process/inputs.js";
import { temporaryDir } from "../support/temporary.js";

/** `in/` with a file, one more below it, and everything else that a directory may hold. */
async function mixed(): Promise<string> {
  const cwd = await realpath(await temporaryDir());
  await mkdir(join(cwd, "in/deep"), { recursive: true });
  await writeFile(join(cwd, "in/file"), "1");
  await writeFile(join(cwd, "in/deep/file"), "2");
  await writeFile(join(cwd, "elsewhere"), "3");
  await symlink("../elsewhere", join(cwd, "in/out"));
  await symlink("file", join(cwd, "in/twin"));
  await symlink(".", join(cwd, "in/self"));
  await symlink("nowhere", join(cwd, "in/dangling"));
  await symlink("circle", join(cwd, "in/circle"));
  execFileSync("mkfifo", [join(cwd, "in/deep/fifo")]);
  await symlink("deep/fifo", join(cwd, "in/to-fifo"));
  return cwd;
}

const find = async (cwd: string, ...sources: string[]) => {
  const skipped: SkippedEntry[] = [];
  const inputs = await findInputs(sources, cwd, (entry) => skipped.push(entry));
  return {
    inputs: inputs.map(({ path, name }) => `${path.slice(cwd.length + 1)} as ${name}`),
    skipped: skipped.map(({ path, what }) => `${path.slice(cwd.length + 1)}: ${what}`).sort(),
  };
};

describe("T-05: what is no file", () => {
  test("in a directory is followed where it leads to one, and named where it does not", async () => {
    expect(await find(await mixed(), "in")).toEqual({
      inputs: ["in/deep/file as deep/file", "in/file as file", "in/out as out", "in/twin as twin"],
      skipped: [
        "in/circle: a link in a circle",
        "in/dangling: a link that leads nowhere",
        "in/deep/fifo: no file",
        "in/self: a link to a directory",
        "in/to-fifo: no file",
      ],
    });
  });

  test("is named where it matches a pattern, too", async () => {
    const cwd = await mixed();
    expect(await find(cwd, "in/d*")).toEqual({
      inputs: ["in/deep/file as file"],
      skipped: ["in/dangling: a link that leads nowhere", "in/deep/fifo: no file"],
    });
    expect((await find(cwd, "in/*o*")).skipped).toEqual(["in/to-fifo: no file"]);
  });

  test("is named before a directory is refused that holds nothing else", async () => {
    const cwd = await mixed();
    await mkdir(join(cwd, "links"));
    await symlink("nowhere", join(cwd, "links/a"));
    const skipped: SkippedEntry[] = [];
    await expect(findInputs(["links"], cwd, (entry) => skipped.push(entry))).rejects.toMatchObject({ exit: 3 });
    expect(skippedText(skipped, cwd)).toBe('1 entry is left out: "links/a" (a link that leads nowhere)');
  });

  test("is counted, and the first of it named, with its name escaped", () => {
    const skipped = Array.from({ length: 7 }, (_, index) => ({ path: `/w/in/${index}\n`, what: "no file" }));
    expect(skippedText(skipped, "/w")).toBe(
      '7 entries are left out: "in/0\\n" (no file), "in/1\\n" (no file), "in/2\\n" (no file), "in/3\\n" (no file), ' +
        '"in/4\\n" (no file), 2 more',
    );
  });

  test("leads to an input that an output may not replace", async () => {
    const cwd = await mixed();
    const inputs = await findInputs(["in"], cwd);
    await mkdir(join(cwd, "dst"));
    await symlink("../elsewhere", join(cwd, "dst/out"));
    await expect(checkOutputs(inputs, join(cwd, "dst"))).rejects.toThrow("would replace it");
  });
});
