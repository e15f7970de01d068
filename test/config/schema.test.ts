import { expect, test } from "vitest";
import { ConfigFileSchema, configKeys, schemaText } from "../../config/schema.js";

test("the published JSON Schema keeps its bytes", async () => {
  await expect(schemaText()).toMatchFileSnapshot("./__snapshots__/sallyport.schema.json.txt");
});

test("every key has a description for the docs, and an example in what is said of a wrong value", () => {
  for (const key of configKeys) {
    const { description, errorMessage } = ConfigFileSchema.properties[key] as Record<string, unknown>;
    expect([key, typeof description, typeof errorMessage]).toEqual([key, "string", "string"]);
  }
});
