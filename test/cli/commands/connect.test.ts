import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryDir } from "../../client/support/temporary.js";
import { sallyport } from "../../support/cli.js";
import { runInProcess } from "../../support/run-cli.js";
import { someToken, startVlabServer, type VlabServer } from "./support/vlab-server.js";

const TOKEN = someToken({ username: "ada", exp: 2_000_000_000 });

let server: VlabServer;
let dir: string;
let env: Record<string, string>;
beforeEach(async () => {
  [server, dir] = await Promise.all([startVlabServer(TOKEN), temporaryDir()]);
  await mkdir(join(dir, "bin"));
  await writeFile(join(dir, "vlab.crt"), server.cert);
  await writeFile(join(dir, "token"), `${TOKEN}\n`, { mode: 0o600 });
  // Writes down its arguments one by one, and ends with a status of its own.
  const program = `#!/bin/sh\nprintf '[%s]\\n' "$0" "$@"\nexit 7\n`;
  for (const name of ["ssh", "xfreerdp"]) await writeFile(join(dir, "bin", name), program, { mode: 0o755 });
  env = {
    HOME: dir,
    PATH: join(dir, "bin"),
    SALLYPORT_GATEWAY_URL: server.url,
    SALLYPORT_GATEWAY_CERT: join(dir, "vlab.crt"),
    SALLYPORT_GATEWAY_TOKEN_FILE: join(dir, "token"),
  };
  server.rows.set(50_001, { name: "win10", target_addr: "192.168.1.20", target_port: 3389, component: "Windows" });
  server.rows.set(50_002, { name: "build1", target_addr: "192.168.1.21", target_port: 22, component: "CentOS" });
});

const run = (...args: string[]) => runInProcess(args, { cwd: dir, env });

describe("sallyport connect", () => {
  test("V-41 --name is required, in vLab's words", async () => {
    expect(await run("connect", "windows")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: CLI flag '--name' is required\n/),
    });
  });

  test("V-41, V-42 --print shows the command of the type's own protocol; --json its words", async () => {
    const { code, stdout } = await run("connect", "windows", "-n", "win10", "-u", "ada", "--print");
    expect([code, stdout]).toEqual([
      0,
      `${join(dir, "bin/xfreerdp")} /v:127.0.0.1:50001 /u:ada /dynamic-resolution +clipboard\n`,
    ]);
    const json = JSON.parse(
      (await run("connect", "--name", "build1", "--protocol", "SSH", "--json", "--", "uname", "-a")).stdout,
    );
    expect(json).toMatchObject({ name: "build1", protocol: "ssh", host: "127.0.0.1", port: 50_002 });
    expect(json.args.slice(-4)).toEqual(["127.0.0.1", "--", "uname", "-a"]);
  });

  test("V-41 no forward: vLab's words, and status 3", async () => {
    expect(await run("connect", "--name", "build1", "--protocol=RDP")).toEqual({
      code: 3,
      stdout: "",
      stderr:
        'error: No mapping rule for rdp to build1 exists\n  open one with "--create", or see "sallyport portmap list"\n',
    });
  });

  test("V-44 the program gets its words one by one, and its status is ours", async () => {
    const args = ["connect", "centos", "--name", "build1", "--user", "ada", "--quiet", "--", "echo", "a b; c"];
    const { code, stdout } = await sallyport(args, { cwd: dir, env });
    expect(code).toBe(7);
    expect(stdout.split("\n").slice(-6)).toEqual(["[50002]", "[ada@127.0.0.1]", "[--]", "[echo]", "[a b; c]", ""]);
  });

  test("V-47 --create opens what is missing, at the address of the machine's other forwards", async () => {
    const { code, stderr } = await run(
      "connect",
      "--name",
      "build1",
      "--protocol",
      "https",
      "--create",
      "--print",
      "--with",
      "firefox",
    );
    expect([code, stderr]).toEqual([0, "opened port 50014 to 192.168.1.21:443\n"]);
    expect(server.rows.get(50_014)).toEqual({
      name: "build1",
      target_addr: "192.168.1.21",
      target_port: 443,
      component: "CentOS",
    });
    expect((await run("connect", "--name", "new1", "--protocol", "ssh", "--create")).stderr).toContain(
      'the address of "new1" is unknown',
    );
  });

  test("words before -- that are none of ours are refused", async () => {
    expect((await run("connect", "centos", "ls", "--name", "build1")).stderr).toMatch(
      /^error: "ls" is one argument too many\n/,
    );
  });
});

describe("sallyport portmap", () => {
  test("V-47 list: a table with the gateway's address, and JSON", async () => {
    expect((await run("portmap", "list")).stdout).toBe(
      [
        "Name    Type     Port   Protocol  Target             Alive",
        "win10   Windows  50001  RDP       192.168.1.20:3389  yes",
        "build1  CentOS   50002  SSH       192.168.1.21:22    not yet known",
        "Gateway IP: 127.0.0.1",
        "",
      ].join("\n"),
    );
    const { forwards } = JSON.parse((await run("portmap", "list", "win10", "--json")).stdout);
    expect(forwards).toEqual([
      {
        conn_port: 50_001,
        name: "win10",
        component: "Windows",
        target_addr: "192.168.1.20",
        target_port: 3389,
        protocol: "tcp",
        routable: true,
      },
    ]);
  });

  test("V-47 add: once is enough", async () => {
    const add = () => run("portmap", "add", "win7", "--type", "Windows", "--address", "192.168.1.30");
    expect((await add()).stdout).toBe("127.0.0.1 port 50014 leads to win7 (192.168.1.30:3389)\n");
    expect((await add()).stdout).toBe("127.0.0.1 port 50014 leads to win7 (192.168.1.30:3389) already\n");
    expect(server.rows.size).toBe(3);
  });

  test("V-47 rm: by port and by machine; what is not there is fine, and said", async () => {
    expect(await run("portmap", "rm", "50001", "build1", "50077")).toEqual({
      code: 0,
      stdout:
        "removed 50001 (win10, port 3389)\nremoved 50002 (build1, port 22)\nthere is no forward 50077: nothing to remove\n",
      stderr: "",
    });
    expect(server.rows.size).toBe(0);
  });

  test("V-46 login keeps the token for the commands after it; an expired one is said before anything is sent", async () => {
    const file = env.SALLYPORT_GATEWAY_TOKEN_FILE ?? "";
    delete env.SALLYPORT_GATEWAY_TOKEN_FILE;
    expect(await run("portmap", "list")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("there is no token for"),
    });
    const kept = await run("portmap", "login", "--token-file", file);
    expect([kept.code, kept.stdout]).toEqual([
      0,
      `kept the token of ada for ${server.url}\nkept the gateway's certificate with it\nit expires at 2033-05-18T03:33:20.000Z\n`,
    ]);
    expect((await run("portmap", "list")).code).toBe(0);
    expect((await run("portmap", "logout")).stdout).toBe(`forgot the token for ${server.url}\n`);
    await writeFile(file, someToken({ exp: 1_000_000_000 }));
    const count = server.requests.length;
    expect(await run("portmap", "list", "--token-file", file)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(
        /^error: the gateway's token expired at 2001-09-09T01:46:40.000Z\n {2}get a new one/,
      ),
    });
    expect(server.requests).toHaveLength(count);
  });

  test("V-23 import --dry-run says what is in a dump", async () => {
    await writeFile(join(dir, "d.sql"), "INSERT INTO ipam VALUES (50000, '192.168.1.9', 22, 'm', 'CentOS', true);\n");
    expect((await run("portmap", "import", "d.sql", "--dry-run")).stdout).toBe("50000 to m (192.168.1.9:22)\n");
  });

  test("usage is known to gateways of this kit only", async () => {
    expect(await run("usage")).toMatchObject({ code: 1, stderr: expect.stringContaining("does not know usage") });
  });

  test("without a gateway, and over plain HTTP, nothing is sent", async () => {
    env.SALLYPORT_GATEWAY_URL = "";
    expect(await run("portmap", "list")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: no gateway is named\n/),
    });
    expect(await run("portmap", "list", "--gateway", "http://127.0.0.1")).toMatchObject({ code: 2 });
    expect(server.requests).toEqual([]);
  });
});
