import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { describeKeys } from "../../config/describe.js";
import { ConfigFileSchema, schemaText } from "../../config/schema.js";
import { flow } from "../../config/template.js";
import { otherVariables } from "../../config/text-layers.js";
import { root } from "../support/cli.js";

const page = await readFile(`${root}/docs/reference/configuration.md`, "utf8");

describe("docs/reference/configuration.md", () => {
  test("its table has every key, in order, with the type, default and variable that hold", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) \| (.+) \| `(\w+)` \|$/gm)];
    expect(rows.map(([, key, type, fallback, , variable]) => ({ key, type, fallback, variable }))).toEqual(
      describeKeys().map(({ key, type, fallback, variable }) => ({
        key,
        type,
        fallback: fallback === undefined ? "–" : `\`${flow(fallback)}\``,
        variable,
      })),
    );
  });

  test("names the variables that are no keys", () => {
    for (const name of Object.keys(otherVariables)) expect(page).toContain(`\`${name}\``);
  });
});

describe("the published JSON Schema", () => {
  test("is draft 7, knows no other keys, and explains each one", () => {
    const schema = JSON.parse(schemaText());
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toBeUndefined();
    for (const [key, value] of Object.entries<{ description?: string }>(schema.properties)) {
      expect(value.description, key).toMatch(/\w/);
    }
  });

  test("accepts its own defaults", () => {
    const fits = new Ajv({ keywords: ["errorMessage"], allowUnionTypes: true }).compile(JSON.parse(schemaText()));
    const defaults = Object.fromEntries(
      Object.entries(ConfigFileSchema.properties).map(([key, value]) => [key, value.default]),
    );
    expect(fits(JSON.parse(JSON.stringify(defaults)))).toBe(true);
  });
});
