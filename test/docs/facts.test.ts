/** Statements of pages that the code can contradict. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { documents } from "../support/documents.js";

const read = (file: string) => readFileSync(join(packageRoot, file), "utf8");

/** Made by the build. */
const BUILT = /^dist\//;

test("K-08: every file of the project that a page names is there", () => {
  const named = documents().flatMap((page) =>
    [...read(page).matchAll(/`((?:[\w@.-]+\/)+[\w@.-]+\.(?:ts|mjs|sh|service|timer))`/g)].map(([, file = ""]) => ({
      page,
      file,
    })),
  );
  const ours = named.filter(({ file }) => existsSync(join(packageRoot, file.split("/")[0] ?? "")) && !BUILT.test(file));
  expect(ours.length).toBeGreaterThan(40);
  expect(ours.filter(({ file }) => !existsSync(join(packageRoot, file)))).toEqual([]);
});

test("K-08: the devices that a program gets are those of the agent's unit", () => {
  const unit = read("agent/systemd/sallyport-agent.service");
  const groups = [...unit.matchAll(/^DeviceAllow=char-(\w+)\*? rw$/gm)].map(([, name = ""]) => name.toLowerCase());
  const [, said = ""] =
    /character devices of ([^(]*)\(`DevicePolicy=closed`\)/.exec(read("docs/tasks/run-an-accelerator.md")) ?? [];
  const [permitted = "", nothing = ""] = said.toLowerCase().split(", and no");
  expect(permitted.match(/\w+/g)?.filter((word) => !/^(?:and|drivers|of)$/.test(word))).toEqual(groups);
  expect([nothing.trim(), unit.includes("\nDevicePolicy=closed\n")]).toEqual(["others", true]);
});

test("K-08: a drop-in that a page asks for is none that the boot script writes over", () => {
  const dropIn = /sallyport-agent\.service\.d\/([\w-]+\.conf)/g;
  const files = (text: string) => [...text.matchAll(dropIn)].map(([, file]) => file);
  const written = files(read("stacks/boot/host.sh"));
  const asked = documents().flatMap((page) => files(read(page)));
  expect([written.length > 0, asked.length > 0]).toEqual([true, true]);
  expect(asked.filter((file) => written.includes(file))).toEqual([]);
});
