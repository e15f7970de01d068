/** The pages of the library are what the sources say. `npx vitest run --project system test/docs/library.system.test.ts -u` writes them. */
import { join } from "node:path";
import { expect } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { test } from "../fixtures/temporary.js";
import { libraryPages } from "./support/library-pages.js";

test("the pages of the library are what its sources say", async ({ dir }) => {
  for (const [name, text] of Object.entries(await libraryPages(dir))) {
    await expect(text).toMatchFileSnapshot(join(packageRoot, `docs/reference/${name}.md`));
  }
});
