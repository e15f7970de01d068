import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../support/cli.js";
import { run } from "../../support/run.js";
import { temporaryDir } from "../support/temporary.js";

it("every TypeScript example in docs/tasks/move-files.md compiles against the package", async () => {
  const text = await readFile(join(root, "docs/tasks/move-files.md"), "utf8");
  const examples = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  expect(examples).toHaveLength(5);
  const dir = await temporaryDir();
  const files = examples.map((_, index) => `example-${index + 1}.ts`);
  await Promise.all(files.map((file, index) => writeFile(join(dir, file), examples[index] ?? "")));
  await writeFile(join(dir, "package.json"), '{ "type": "module" }');
  const compilerOptions = {
    noEmit: true,
    typeRoots: [join(root, "node_modules/@types")],
    paths: { "sallyport/client": [join(root, "client/index.ts")] },
  };
  await writeFile(
    join(dir, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: [], files }),
  );
  const { exitCode, stdout } = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", dir]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
});
