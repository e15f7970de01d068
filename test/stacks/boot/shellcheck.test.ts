import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../../base/tools.js";
import { gatewayBootScript } from "../../../stacks/boot/render-gateway.js";
import { bootScript } from "../../../stacks/boot/render-host.js";
import { CERTIFICATE } from "../support/sample.js";

/** @returns what shellcheck finds, down to its style notes; empty: nothing */
function shellcheck(args: readonly string[], input?: string): string {
  const { stdout, stderr, error } = spawnSync("shellcheck", ["--format=gcc", ...args], { input, encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout + stderr;
}

function shellFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return /^(?:\..*|node_modules|dist|cdktf\.out)$/.test(entry.name) ? [] : shellFiles(join(dir, entry.name));
    }
    return entry.name.endsWith(".sh") ? [join(dir, entry.name)] : [];
  });
}

test("shellcheck finds nothing in any shell file of the repository", () => {
  const files = shellFiles(packageRoot);
  expect(files.map((file) => relative(packageRoot, file))).toContain("stacks/boot/host.sh");
  expect(shellcheck(files)).toBe("");
});

const common = {
  region: "eu-west-1",
  archive: { url: "https://bucket.s3.eu-west-1.amazonaws.com/runtime/x.tar.gz", sha256: "ab".repeat(32) },
  certificate: CERTIFICATE,
};
const host = { ...common, sshUser: "ubuntu", tokenParameter: "/sallyport/lab-1a2b3c4d/token" };
const init = { script: "echo it's up\n", config: { name: "sallyport.yaml", text: "name: lab\n" } } as const;

test.each([
  ["a host", bootScript({ ...host, host: "accelerator-1" })],
  ["a host with its user's script and configuration", bootScript({ ...host, host: "accelerator-1", init })],
  ["a machine of a fleet", bootScript(host)],
  [
    "a gateway",
    gatewayBootScript({
      ...common,
      name: "lab",
      tlsKeyParameter: "/sallyport/lab-1a2b3c4d-gw/tls-key",
      tokenKeyParameter: "/sallyport/lab-1a2b3c4d-gw/token",
      issuer: "lab",
      ports: { min: 50_000, max: 50_100 },
      labNetworks: ["10.71.1.0/24"],
    }),
  ],
])("shellcheck finds nothing in the rendered script of %s", (_, script) => {
  expect(shellcheck(["-"], script)).toBe("");
});
