import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { ConfigFileSchema, schemaText } from "../../config/schema.js";

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
