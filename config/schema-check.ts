/**
 * The code that ajv generates from the schema. Generating it takes longer than everything else that a short command
 * does, so `scripts/bundle-cli.mjs` does it once, and puts the generated code in place of this file.
 */
import { Ajv } from "ajv";
import { ConfigFileSchema } from "./schema.js";

// A test holds the schema against JSON Schema's own.
export const ajv = new Ajv({
  validateSchema: false,
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  code: { optimize: false, source: true, esm: true },
});
ajv.addVocabulary(["errorMessage"]);

export const validate = ajv.compile(ConfigFileSchema);
