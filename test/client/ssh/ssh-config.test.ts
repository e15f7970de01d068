import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  hostBlocks,
  installSshConfig,
  removeSshConfig,
  type SshConfigFiles,
  type SshConfigHost,
  sshConfigFiles,
  withInclude,
  withoutInclude,
} from "../../../client/ssh/ssh-config.js";
import { temporaryDir } from "../support/temporary.js";

const HOME = "/home/ada";
const OWN = "/home/ada/.ssh/sallyport.config";
const INCLUDE = "Include ~/.ssh/sallyport.config\n";

const host = (name: string): SshConfigHost => ({
  name,
  address: "203.0.113.7",
  username: "ubuntu",
  identity: "/home/ada/.ssh/sallyport.pem",
  knownHosts: "/home/ada/.ssh/sallyport_known_hosts",
  hostKeyAlias: "i-0abc",
});

async function freshFiles(config?: string): Promise<SshConfigFiles & { dir: string }> {
  const dir = join(await temporaryDir(), ".ssh");
  await mkdir(dir);
  const main = join(dir, "config");
  if (config !== undefined) await writeFile(main, config, { mode: 0o640 });
  return { dir, main, own: join(dir, "sallyport.config") };
}

it("writes a block that needs nothing else", () => {
  expect(hostBlocks([host("accelerator-1")], HOME)).toMatchInlineSnapshot(`
    "Host accelerator-1
      HostName 203.0.113.7
      User ubuntu
      IdentityFile ~/.ssh/sallyport.pem
      IdentitiesOnly yes
      UserKnownHostsFile ~/.ssh/sallyport_known_hosts
      HostKeyAlias i-0abc
      StrictHostKeyChecking yes
      GlobalKnownHostsFile /dev/null
      KnownHostsCommand none
      VerifyHostKeyDNS no
      NoHostAuthenticationForLocalhost no
      UpdateHostKeys no
    "
  `);
});

describe("the Include line", () => {
  it.each([
    ["nothing", ""],
    ["a file without a final newline", "Host a\n  User b"],
    ["options in front of the first host", "ServerAliveInterval 30\n\nHost a\n  User b\n"],
    ["comments, tabs and carriage returns", "# mine\r\n\tHost a\r\n\r\n\tUser b\r\n"],
    ["somebody else's Include", "Include config.d/*\nHost *\n  Compression yes\n"],
    ["a text that only mentions it", "# Include ~/.ssh/sallyport.config is gone\n"],
  ])("goes above %s once, and away without a trace", (_, text) => {
    const once = withInclude(text, OWN, HOME);
    expect(once).toBe(INCLUDE + text);
    expect(withInclude(once, OWN, HOME)).toBe(once);
    expect(withoutInclude(once, OWN, HOME)).toBe(text);
  });

  it("stays where the user moved it, if it is above every Host", () => {
    const moved = `# mine\n${INCLUDE}Host a\n`;
    expect(withInclude(moved, OWN, HOME)).toBe(moved);
  });

  it("that ended below a Host holds for that host only, so it is added above", () => {
    const below = `Host a\n${INCLUDE}`;
    expect(withInclude(below, OWN, HOME)).toBe(INCLUDE + below);
  });
});

describe("the files", () => {
  it("are made 0600 where there were none, and removed again", async () => {
    const files = await freshFiles();
    await installSshConfig(files, "/p", [host("a")], HOME);
    expect((await readdir(files.dir)).sort()).toEqual(["config", "sallyport.config"]);
    for (const path of [files.main, files.own]) expect((await stat(path)).mode & 0o777).toBe(0o600);
    await removeSshConfig(files, "/p", HOME);
    expect(await readdir(files.dir)).toEqual([]);
  });

  it("are the same after a second time, and the user's is byte for byte the old one after removal", async () => {
    const text = "Host mine\r\n\tUser me\n# no newline at the end";
    const files = await freshFiles(text);
    const both = () => Promise.all([readFile(files.main, "utf8"), readFile(files.own, "utf8")]);
    await installSshConfig(files, "/p", [host("a"), host("b")], HOME);
    const first = await both();
    await installSshConfig(files, "/p", [host("a"), host("b")], HOME);
    expect(await both()).toEqual(first);
    expect((await stat(files.main)).mode & 0o777).toBe(0o640);
    await removeSshConfig(files, "/p", HOME);
    expect(await readFile(files.main, "utf8")).toBe(text);
    await removeSshConfig(files, "/p", HOME);
    expect(await readFile(files.main, "utf8")).toBe(text);
  });

  it("hold the hosts of several projects, each of which changes only its own", async () => {
    const files = await freshFiles();
    await installSshConfig(files, "/one", [host("a"), host("b")], HOME);
    await installSshConfig(files, "/two", [host("c")], HOME);
    await installSshConfig(files, "/one", [host("b")], HOME);
    const names = async () =>
      [...(await readFile(files.own, "utf8")).matchAll(/^Host (.*)$/gm)].map(([, name]) => name);
    expect((await names()).sort()).toEqual(["b", "c"]);
    await removeSshConfig(files, "/one", HOME);
    expect(await names()).toEqual(["c"]);
    expect(await readFile(files.main, "utf8")).toContain("Include ");
  });

  it("of which the user's is a link stay a link", async () => {
    const files = await freshFiles();
    await writeFile(join(files.dir, "dotfiles-config"), "Host mine\n");
    await symlink("dotfiles-config", files.main);
    await installSshConfig(files, "/p", [host("a")], HOME);
    expect((await lstat(files.main)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(files.dir, "dotfiles-config"), "utf8")).toMatch(/^Include .*\nHost mine\n$/);
  });

  it("lie where the environment says", () => {
    expect(sshConfigFiles({ HOME: "/h" })).toEqual({ main: "/h/.ssh/config", own: "/h/.ssh/sallyport.config" });
    expect(sshConfigFiles({ HOME: "/h", SALLYPORT_SSH_CONFIG: "/x/cfg" })).toEqual({
      main: "/x/cfg",
      own: "/x/sallyport.config",
    });
  });
});

describe("S-22: a name that is taken", () => {
  const blocks = async ({ own }: SshConfigFiles) =>
    [...(await readFile(own, "utf8")).matchAll(/^Host (.*)$/gm)].map(([, name]) => name);

  it("by another project stays that project's, and this one's host gets a name of its own", async () => {
    const files = await freshFiles();
    expect(await installSshConfig(files, "/a/one", [host("accelerator-1")], HOME)).toEqual({
      names: ["accelerator-1"],
      renamed: [],
    });
    const second = {
      names: ["accelerator-1.two", "fpga-a"],
      renamed: [{ name: "accelerator-1", takenBy: "/a/one", as: "accelerator-1.two" }],
    };
    const hosts = [host("accelerator-1"), host("fpga-a")];
    expect(await installSshConfig(files, "/a/two", hosts, HOME)).toEqual(second);
    expect(await installSshConfig(files, "/a/two", hosts, HOME)).toEqual(second);
    expect(await installSshConfig(files, "/b/two", [host("accelerator-1")], HOME)).toMatchObject({
      names: ["accelerator-1.two-2"],
    });
    expect(await blocks(files)).toEqual(["accelerator-1", "accelerator-1.two", "fpga-a", "accelerator-1.two-2"]);
  });

  it("is free again when the other project's hosts are removed", async () => {
    const files = await freshFiles();
    await installSshConfig(files, "/a/one", [host("accelerator-1")], HOME);
    await installSshConfig(files, "/a/two", [host("accelerator-1")], HOME);
    await removeSshConfig(files, "/a/one", HOME);
    expect((await installSshConfig(files, "/a/two", [host("accelerator-1")], HOME)).names).toEqual(["accelerator-1"]);
  });

  it("by the user's own file is the user's; a pattern takes none", async () => {
    const files = await freshFiles("Host *.lab accelerator-1 !x\n  User me\nHost accelerator-*\n  User you\n");
    const hosts = [host("accelerator-1"), host("accelerator-2")];
    expect((await installSshConfig(files, "/a/two words!", hosts, HOME)).names).toEqual([
      "accelerator-1.two-words-",
      "accelerator-2",
    ]);
  });
});
