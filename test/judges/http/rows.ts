/** The whole table. */
import { CHUNKING } from "./chunks.js";
import { CONDITIONS } from "./conditions.js";
import { CONNECTIONS } from "./connections.js";
import { FIELDS } from "./fields.js";
import { FRAMING } from "./lengths.js";
import { MESSAGES } from "./messages.js";
import { RANGES } from "./ranges.js";
import type { Row } from "./row.js";

export const ROWS: readonly Row[] = [
  ...MESSAGES,
  ...FIELDS,
  ...FRAMING,
  ...CHUNKING,
  ...CONNECTIONS,
  ...CONDITIONS,
  ...RANGES,
];
