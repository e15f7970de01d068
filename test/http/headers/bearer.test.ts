import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { authenticateAnyone, authenticateBearer } from "../../../http/headers/bearer.js";

const TOKEN = "abcDEF123-._~+/xyz==";
const authenticate = authenticateBearer(TOKEN);

test("the right token is named by the first 8 hex digits of its SHA-256", () => {
  const who = createHash("sha256").update(TOKEN).digest("hex").slice(0, 8);
  expect(authenticate(`Bearer ${TOKEN}`)).toBe(who);
  expect(authenticate(`bearer  ${TOKEN} `)).toBe(who);
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  TOKEN,
  `Basic ${TOKEN}`,
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.slice(0, -1)}`,
  `Bearer ${TOKEN.toUpperCase()}`,
  `Bearer ${TOKEN}, Bearer ${TOKEN}`,
  `Bearer ${TOKEN} ${TOKEN}`,
  `Bearer x${TOKEN}`,
])("%j is refused", (header) => {
  expect(authenticate(header)).toBeUndefined();
});

test("without a token everybody is anonymous", () => {
  expect(authenticateAnyone(undefined)).toBe("anonymous");
});
