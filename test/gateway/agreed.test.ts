/** What stands in two rooms that may not import each other. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { VERSION } from "../../base/version.js";
import { LOG_GROUP } from "../../gateway/serve.js";
import { LOG_GROUP as DEPLOYED_LOG_GROUP } from "../../stacks/boot/render-gateway.js";
import { root } from "../support/cli.js";

test("the gateway tells the package's version", async () => {
  expect(VERSION).toBe(JSON.parse(await readFile(`${root}/package.json`, "utf8")).version);
});

test("the deployed ulogd reads the group that the gateway's table logs to", () => {
  expect(DEPLOYED_LOG_GROUP).toBe(LOG_GROUP);
});
