import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { unwritable } from "../../certs/errors.js";
import { test } from "../fixtures/temporary.js";
import { importable } from "../support/compiled.js";
import { run } from "../support/run.js";

/** In a process of its own, in which every file gets the mode of the mount, as on exFAT. */
const SCRIPT = `
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const { open } = fs;
fs.open = (path, flags, mode) => open(path, flags, mode === undefined ? undefined : 0o755);
syncBuiltinESMExports();
process.umask(0);
const { createNew } = await import(${importable("certs/files.ts")});
await createNew("private key", process.argv.at(-1), "secret", 0o600).catch(({ code, message }) => console.log(code + "\\n" + message));
`;

test("S-17: where a file system keeps no permissions, no private key is left, and that is said", async ({ dir }) => {
  const path = join(dir, "key");
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", SCRIPT, path]);
  expect({ stdout, stderr }).toEqual({
    stdout: `certs/no-permissions\nprivate key "${path}" cannot be closed to other users: its file system keeps no permissions (mode 0755)`,
    stderr: "",
  });
  expect(await readdir(dir)).toEqual([]);
});

test("S-17: a read-only file system is named, with the keys that lead elsewhere", () => {
  const fault = unwritable("private key", "/h/.ssh/x.pem", Object.assign(new Error("x"), { code: "EROFS" }));
  expect([fault.message, fault.hint]).toEqual([
    'private key "/h/.ssh/x.pem" cannot be written (EROFS)',
    "this file system is read-only: choose another place with key_pair, ssl_cert_crt, ssl_cert_key and auth_token_file",
  ]);
});
