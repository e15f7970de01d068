import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { agentYaml, type BootScriptOptions, bootScript } from "../../../stacks/boot/render-host.js";
import { CERTIFICATE } from "../support/sample.js";

const options: BootScriptOptions = {
  host: "accelerator-1",
  sshUser: "ubuntu",
  region: "eu-west-1",
  archive: { url: "https://bucket.s3.eu-west-1.amazonaws.com/runtime/x.tar.gz", sha256: "ab".repeat(32) },
  certificate: CERTIFICATE,
  tlsKeyParameter: "/sallyport/lab-1a2b3c4d/tls-key",
  tokenParameter: "/sallyport/lab-1a2b3c4d/token",
};

/** Runs the script's assignments alone, and gives what bash has in each name. */
function assigned(script: string, names: readonly string[]): string[] {
  const head = script.slice(0, script.indexOf("readonly imds="));
  const ask = names.map((name) => `printf '%s\\0' "\${${name}}"`).join("\n");
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["--norc", "-c", `${head}\n${ask}`], {
    encoding: "utf8",
    env: {},
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\0").slice(0, -1);
}

const decode = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString();

describe("the boot script", () => {
  test("is bash without a syntax error, and equal inputs give equal bytes", () => {
    const script = bootScript(options);
    expect(spawnSync("/bin/bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(bootScript({ ...options })).toBe(script);
    expect(script.startsWith("#!/bin/bash\n")).toBe(true);
    expect(script.endsWith('say "host ready"\n')).toBe(true);
  });

  test("has room to spare in EC2's 16 KiB with a real certificate and ten directories", () => {
    const directories = Array.from({ length: 10 }, (_, n) => ({
      path: `/srv/data/project-${n}`,
      mode: "rw" as const,
      name: `project-${n}`,
    }));
    expect(Buffer.byteLength(bootScript({ ...options, certificate: "x".repeat(1_600), directories }))).toBeLessThan(
      13_000,
    );
  });

  test("is refused where EC2 would refuse it", () => {
    expect(() => bootScript({ ...options, certificate: "x".repeat(9_000) })).toThrow(
      /^the boot script has \d+ bytes; EC2 takes 16384$/,
    );
  });

  const attacks = [
    "it's",
    "$(touch /tmp/owned)",
    "`touch /tmp/owned`",
    "a'; touch /tmp/owned; '",
    "EOF\ntouch /tmp/owned\nEOF",
    "\\'\\\\",
    "$'\\n'",
    '"; rm -rf / #',
    "!!",
    "*",
    "~root",
    "a b\tc",
    "%s%n",
    `\${IFS}`,
    "-e",
    "ümläut",
  ];
  test.each(attacks)("%j arrives as it is, and nothing of it runs", (value) => {
    const script = bootScript({
      ...options,
      host: value,
      region: value,
      archive: { url: value, sha256: value },
      certificate: value,
      endpointUrl: value,
      tokenParameter: value,
    });
    const names = ["host", "region", "archive_url", "archive_sha256", "tls_crt", "agent_yaml"];
    const [host, region, url, sha256, certificate, yaml] = assigned(script, names);
    expect([host, region, url, sha256, decode(certificate)]).toEqual([value, value, value, value, value]);
    expect(parse(decode(yaml))).toMatchObject({
      name: value,
      secrets: { region: value, endpoint_url: value, token_parameter: value },
    });
    expect(spawnSync("/bin/bash", ["-n"], { input: script }).status).toBe(0);
  });

  test.each(["root; reboot", "a b", "$(id)", "-r", "", "Root", "../x"])("login user %j is refused", (sshUser) => {
    expect(() => bootScript({ ...options, sshUser })).toThrow("has characters that cannot be written on a host");
  });

  test.each([
    "relative",
    "~other/x",
    "/a b",
    "/a\nb",
    "/a:b",
    "/a%i",
    '/a"b',
    "/a'b",
    "/a\\b",
    "/a/../b",
    "~/..",
    "/$x",
    "",
  ])("directory %j is refused: a unit file or a shell would read it as something else", (path) => {
    const directories = [{ path, mode: "rw" as const, name: "x" }];
    expect(() => bootScript({ ...options, directories })).toThrow("has characters that cannot be written on a host");
  });

  test("hands no secret to a program as an argument, and none to the log", () => {
    const script = bootScript(options);
    const uses = script.split("\n").filter((line) => /\$(?:token|id|secret|session|credentials)\b/.test(line));
    // Shell functions and builtins are no programs: what they are given is seen by nobody.
    for (const line of uses) expect(line.trim()).toMatch(/^(?:\w+=\$\((?:imds|field) |printf )/);
    expect(script).not.toMatch(/set -[a-z]*x/);
  });

  test("opens the agent's sandbox for just the directories that lie outside its home", () => {
    const script = bootScript({
      ...options,
      directories: [
        { path: "~/shared", mode: "rw", name: "shared" },
        { path: "~/models", mode: "ro", name: "models" },
        { path: "/data", mode: "rw", name: "data" },
        { path: "/srv/refs", mode: "ro", name: "refs" },
        { path: "/home/ubuntu/work", mode: "rw", name: "work" },
        { path: "/home/ubuntu/in", mode: "ro", name: "in" },
      ],
    });
    const [dropIn, first, dirs] = assigned(script, ["drop_in", "first_dir", "dirs[*]"]);
    expect(decode(dropIn)).toMatchInlineSnapshot(`
      "[Service]
      ReadOnlyPaths=/var/lib/sallyport/models
      ReadWritePaths=/data
      ReadOnlyPaths=/srv/refs
      BindPaths=/home/ubuntu/work
      BindReadOnlyPaths=/home/ubuntu/in
      "
    `);
    expect(first).toBe("/var/lib/sallyport/shared");
    expect(dirs?.split(" ")).toHaveLength(6);
  });
});

describe("agent.yaml", () => {
  test("says what the agent needs, and where its secrets are", () => {
    expect(agentYaml(options)).toMatchInlineSnapshot(`
      "name: accelerator-1
      listen:
        address: "::"
        https_port: 443
        http_port: 80
      tls:
        cert: /etc/sallyport/tls.crt
        key: credential:tls.key
      auth: token
      token: credential:token
      authorized_host_dirs:
        - name: shared
          path: ~/shared
          mode: rw
      secrets:
        region: eu-west-1
        tls_key_parameter: /sallyport/lab-1a2b3c4d/tls-key
        token_parameter: /sallyport/lab-1a2b3c4d/token
      "
    `);
  });

  test("plain HTTP without a token names neither", () => {
    const { certificate: _, tlsKeyParameter: __, tokenParameter: ___, ...plain } = options;
    expect(parse(agentYaml(plain))).toEqual({
      name: "accelerator-1",
      listen: { address: "::", https_port: 443, http_port: 80 },
      tls: false,
      auth: "none",
      authorized_host_dirs: [{ name: "shared", path: "~/shared", mode: "rw" }],
      secrets: { region: "eu-west-1" },
    });
  });
});
