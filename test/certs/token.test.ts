import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadToken } from "../../agent/settings/load.js";
import { parseConfig } from "../../agent/settings/parse.js";
import { ensureToken, readToken } from "../../certs/token.js";
import { faultOf, modeOf, temporaryDir } from "./support/directory.js";

test("ensureToken makes 32 random bytes, closed to others, without a newline for file() to carry along", async () => {
  const path = join(await temporaryDir(), ".ssh", "sallyport.token");
  expect(await ensureToken(path)).toEqual({ path, created: true });
  expect(await readFile(path, "utf8")).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await modeOf(path)).toBe("0600");
  const token = await readToken(path);
  expect(await ensureToken(path)).toEqual({ path, created: false });
  expect(await readToken(path)).toBe(token);
});

test("of many calls at once one makes the token", async () => {
  const path = join(await temporaryDir(), "token");
  const all = await Promise.all(Array.from({ length: 8 }, () => ensureToken(path)));
  expect(all.filter(({ created }) => created)).toHaveLength(1);
});

test("readToken takes one that somebody brought, with the newline of an editor", async () => {
  const path = join(await temporaryDir(), "token");
  await writeFile(path, `${"a".repeat(40)}\n`, { mode: 0o600 });
  expect(await readToken(path)).toBe("a".repeat(40));
});

test.each([16, 31, 1024])(
  "T-21: a token of %d characters is good for the command and for the agent",
  async (length) => {
    const path = join(await temporaryDir(), "token");
    const token = "a".repeat(length);
    await writeFile(path, token, { mode: 0o600 });
    expect(await readToken(path)).toBe(token);
    const { token: file, ...others } = parseConfig("name: host-1\ntls: false\n", "agent.yaml");
    expect(file).toBe("credential:token");
    expect(await loadToken({ ...others, token: path }, {})).toBe(token);
  },
);

test.each([15, 1025])("T-21: one of %d is refused by both", async (length) => {
  const path = join(await temporaryDir(), "token");
  await writeFile(path, "a".repeat(length), { mode: 0o600 });
  await expect(readToken(path)).rejects.toMatchObject({ code: "certs/bad-token" });
  await expect(
    loadToken({ ...parseConfig("name: host-1\ntls: false\n", "agent.yaml"), token: path }, {}),
  ).rejects.toMatchObject({
    code: "agent/bad-token",
  });
});

test.each([
  "",
  "\n",
  "short",
  `${"a".repeat(40)}\n${"b".repeat(40)}`,
  `${"a".repeat(40)}\r\nX: y`,
  `${"ä".repeat(40)}`,
])("a token file with %j is refused", async (text) => {
  const dir = await temporaryDir();
  const path = join(dir, "token");
  await writeFile(path, text, { mode: 0o600 });
  expect(await faultOf(ensureToken(path), dir)).toMatch(/^certs\/bad-token/);
});

test("the refusals say what to do", async () => {
  const dir = await temporaryDir();
  const path = join(dir, "token");
  expect(await faultOf(readToken(path), dir)).toMatchInlineSnapshot(`
    "certs/missing (exit 3)
    there is no token file "token"
    deploy once to have it made, or check auth_token_file"
  `);
  await writeFile(path, "short", { mode: 0o600 });
  expect(await faultOf(readToken(path), dir)).toMatchInlineSnapshot(`
    "certs/bad-token (exit 1)
    token file "token" holds no usable token
    it must be one line of 16 to 1024 letters, digits and - . _ ~ + /; move it away to have one made"
  `);
  await chmod(path, 0o644);
  expect(await faultOf(readToken(path), dir)).toMatchInlineSnapshot(`
    "certs/too-open (exit 1)
    token file "token" is open to other users (mode 0644)
    chmod 600 token; where that changes nothing, the file system keeps no permissions: mount it with umask=077"
  `);
});
