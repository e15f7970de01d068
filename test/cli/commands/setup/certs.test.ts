/** The commands as a user runs them, each in a home of its own. */
import { copyFile, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDir } from "../../../certs/support/directory.js";
import { type InProcessRun, runInProcess } from "../../../support/run-cli.js";

async function home(): Promise<{ dir: string; cli: (args: string[], input?: string) => Promise<InProcessRun> }> {
  const dir = await temporaryDir();
  return { dir, cli: (args, input = "") => runInProcess(args, { cwd: dir, env: { HOME: dir, NO_COLOR: "1" }, input }) };
}

test("certs create, show, verify and renew keep one pair in ~/.ssh", async () => {
  const { dir, cli } = await home();
  const made = JSON.parse((await cli(["certs", "create", "--name", "h.example", "--json"])).stdout);
  expect(made).toMatchObject({
    created: true,
    crt: join(dir, ".ssh/sallyport.crt"),
    key: join(dir, ".ssh/sallyport.key"),
  });
  expect(made.certificate.dnsNames).toEqual(["*", "h.example"]);

  const again = await cli(["certs", "create"]);
  expect(again.stdout).toContain(`kept the existing ${dir}/.ssh/sallyport.crt`);
  const shown = JSON.parse((await cli(["certs", "show", "--json"])).stdout);
  expect(shown).toMatchObject({ fingerprint256: made.certificate.fingerprint256, daysLeft: 824 });

  const verified = await cli(["certs", "verify"]);
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.stdout).toContain("ok       the certificate was made for this private key");

  const renewed = JSON.parse((await cli(["certs", "create", "--renew", "--json", "--quiet"])).stdout);
  expect(renewed.certificate.fingerprint256).not.toBe(made.certificate.fingerprint256);
  expect(renewed.retired).toHaveLength(2);
});

test("scenario 2 of A-31: one shares, the other installs with one command", async () => {
  const [creator, friend] = [await home(), await home()];
  await creator.cli(["certs", "create"]);
  const shared = await creator.cli(["certs", "share"]);
  expect(shared.stdout).not.toContain("PRIVATE");
  const [, fingerprint = ""] = /--fingerprint ([0-9A-F]{64})$/m.exec(shared.stderr) ?? [];

  const wrong = await friend.cli(["certs", "install", "-", "--fingerprint", "0".repeat(64)], shared.stdout);
  expect(wrong.code).toBe(5);
  const installed = await friend.cli(["certs", "install", "-", "--fingerprint", fingerprint], shared.stdout);
  expect(installed, installed.stderr).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(join(friend.dir, ".ssh/sallyport.crt"), "utf8")).toBe(
    await readFile(join(creator.dir, ".ssh/sallyport.crt"), "utf8"),
  );
  const verified = await friend.cli(["certs", "verify"]);
  expect(verified.code).toBe(0);
  expect(verified.stdout).toContain("this machine can verify hosts, not deploy them");
});

test("share refuses the private key, and verify ends with 1 on a problem", async () => {
  const { dir, cli } = await home();
  await cli(["certs", "create"]);
  const refused = await cli(["certs", "share", ".ssh/sallyport.key"]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr.replaceAll(`${dir}/`, "")).toMatchInlineSnapshot(`
    "error: ".ssh/sallyport.key" holds a private key; a certificate file is public and must not
      keep the key in a file of its own with mode 600, and only the CERTIFICATE blocks here
    "
  `);
  await copyFile(join(dir, ".ssh/sallyport.crt"), join(dir, "lone.crt"));
  expect(await cli(["certs", "verify", "lone.crt", ".ssh/sallyport.key"])).toMatchObject({ code: 0 });
  expect(await cli(["certs", "verify", ".ssh/sallyport.key"])).toMatchObject({ code: 1 });
});

test("keys create makes a pair, keys show prints it", async () => {
  const { dir, cli } = await home();
  const made = JSON.parse((await cli(["keys", "create", "team", "--type", "ed25519", "--json"])).stdout);
  expect(made).toMatchObject({ created: true, type: "ed25519", privatePath: join(dir, ".ssh/team.pem") });
  const { stdout } = await cli(["keys", "show", "team"]);
  expect(stdout.split("\n")).toContain((await readFile(join(dir, ".ssh/team.pub"), "utf8")).trimEnd());
  expect(stdout).not.toContain("PRIVATE");
});

test.each([
  [["certs", "create", "--name", "a b"], '--name: ssl_cert_names[0] is "a b"'],
  [["keys", "create", "a b"], 'NAME: key_pair is "a b"'],
  [["keys", "create", "--type", "dsa"], '--type: key_type is "dsa"'],
])("T-23: sallyport %j blames what was typed", async (args, message) => {
  const { cli } = await home();
  const { code, stderr } = await cli(args);
  expect([code, stderr.split("\n")[0]]).toEqual([2, `error: ${message}`]);
});

test("T-23: a link to a directory that is not there is named as the reason", async () => {
  const { dir, cli } = await home();
  await symlink(join(dir, "gone"), join(dir, ".ssh"));
  const { code, stderr } = await cli(["certs", "create"]);
  expect([code, stderr]).toEqual([
    1,
    `error: "${dir}/.ssh" is a link to a directory that is not there\n  make that directory, or remove the link\n`,
  ]);
});
