import { describe, expect, test } from "vitest";
import { chooseProgram, type ProgramChoice } from "../../connect/choose-program.js";
import { type ConnectDestination, checkHost, checkUser, hostKeyAlias } from "../../connect/destination.js";
import { PROTOCOLS } from "../../connect/machine-types.js";
import { programsFor } from "../../connect/programs.js";
import { vlabPrograms } from "../../connect/vlab-config.js";

const to = (more: Partial<ConnectDestination> = {}): ConnectDestination => ({
  protocol: "ssh",
  name: "m1",
  host: "203.0.113.7",
  port: 50000,
  user: "ada",
  knownHosts: "/home/ada/.ssh/known",
  acceptNew: false,
  ...more,
});
const everything: ProgramChoice = {
  platform: "linux",
  find: (program) => (program.includes("/") ? program : `/bin/${program}`),
};
const plan = (where: Partial<ConnectDestination>, choice: Partial<ProgramChoice> = {}, more: string[] = []) => {
  const { program, args } = chooseProgram(to(where), more, { ...everything, ...choice });
  return [program, ...args];
};
const SSH_OPTIONS = [
  ...["-o", "HostKeyAlias=lab-m1", "-o", "UserKnownHostsFile=/home/ada/.ssh/known"],
  ...["-o", "GlobalKnownHostsFile=/dev/null", "-o", "CheckHostIP=no"],
  ...["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=24"],
];
const V6 = { host: "2001:db8::7" };

describe("V-44 how programs are told where to go", () => {
  test.each<[string, Partial<ConnectDestination>, string[], string[]]>([
    ["ssh", {}, [], ["/bin/ssh", ...SSH_OPTIONS, "-p", "50000", "ada@203.0.113.7"]],
    [
      "ssh",
      { user: undefined },
      ["uname", "-a"],
      ["/bin/ssh", ...SSH_OPTIONS, "-p", "50000", "203.0.113.7", "--", "uname", "-a"],
    ],
    [
      "scp",
      { protocol: "scp" },
      ["a b.txt", ":/tmp/x y"],
      ["/bin/scp", ...SSH_OPTIONS, "-P", "50000", "a b.txt", "ada@203.0.113.7:/tmp/x y"],
    ],
    [
      "scp",
      { protocol: "scp", ...V6 },
      ["-r", ":in", "."],
      ["/bin/scp", ...SSH_OPTIONS, "-P", "50000", "-r", "ada@[2001:db8::7]:in", "."],
    ],
    ["sftp", { protocol: "sftp" }, [], ["/bin/sftp", ...SSH_OPTIONS, "-P", "50000", "ada@203.0.113.7"]],
    ["putty", {}, [], ["/bin/putty", "-ssh", "203.0.113.7", "-P", "50000", "-l", "ada"]],
    ["securecrt", {}, [], ["/bin/securecrt", "/SSH2", "/L", "ada", "/P", "50000", "203.0.113.7"]],
    [
      "wt",
      {},
      ["a; b"],
      ["/bin/wt", "new-tab", "ssh", ...SSH_OPTIONS, "-p", "50000", "ada@203.0.113.7", "--", "a\\; b"],
    ],
    ["gnome-terminal", {}, [], ["/bin/gnome-terminal", "--", "ssh", ...SSH_OPTIONS, "-p", "50000", "ada@203.0.113.7"]],
    [
      "xfreerdp3",
      { protocol: "rdp" },
      [],
      ["/bin/xfreerdp3", "/v:203.0.113.7:50000", "/u:ada", "/dynamic-resolution", "+clipboard"],
    ],
    [
      "xfreerdp",
      { protocol: "rdp", ...V6 },
      ["/f"],
      ["/bin/xfreerdp", "/v:[2001:db8::7]:50000", "/u:ada", "/dynamic-resolution", "+clipboard", "/f"],
    ],
    ["remmina", { protocol: "rdp", user: "LAB\\ada" }, [], ["/bin/remmina", "-c", "rdp://LAB%5Cada@203.0.113.7:50000"]],
    ["mstsc", { protocol: "rdp" }, [], ["/bin/mstsc", "/v:203.0.113.7:50000", "/w:1920", "/h:1080"]],
    ["open", { protocol: "rdp" }, [], ["/bin/open", "rdp://full%20address=s:203.0.113.7%3A50000&username=s:ada"]],
    ["xdg-open", { protocol: "https" }, [], ["/bin/xdg-open", "https://203.0.113.7:50000"]],
    ["open", { protocol: "https" }, [], ["/bin/open", "https://203.0.113.7:50000"]],
    [
      "rundll32",
      { protocol: "https" },
      [],
      ["/bin/rundll32", "url.dll,FileProtocolHandler", "https://203.0.113.7:50000"],
    ],
    [
      "/opt/My Browser/firefox",
      { protocol: "mgmt", ...V6 },
      [],
      ["/opt/My Browser/firefox", "--new-window", "https://[2001:db8::7]:50000"],
    ],
    ["vncviewer", { protocol: "vnc" }, [], ["/bin/vncviewer", "203.0.113.7::50000"]],
    ["vncviewer", { protocol: "console" }, [], ["/bin/vncviewer", "203.0.113.7::50000"]],
    ["winscp", { protocol: "scp" }, [], ["/bin/winscp", "scp://ada@203.0.113.7:50000"]],
    [
      "C:/Program Files/WinSCP.EXE",
      { protocol: "sftp" },
      [],
      ["C:/Program Files/WinSCP.EXE", "sftp://ada@203.0.113.7:50000"],
    ],
    ["filezilla", { protocol: "scp" }, [], ["/bin/filezilla", "sftp://ada@203.0.113.7:50000"]],
  ])("%s %j %j", (program, where, more, expected) => {
    expect(plan(where, { with: program }, more)).toEqual(expected);
  });

  test("without --with it is the first on PATH, by platform", () => {
    const only = (...there: string[]): Partial<ProgramChoice> => ({
      find: (program) => (there.includes(program) ? `/bin/${program}` : undefined),
    });
    expect(plan({ protocol: "rdp" }, only("remmina", "krdc"))[0]).toBe("/bin/remmina");
    expect(plan({ protocol: "rdp" }, only("remmina", "xfreerdp"))[0]).toBe("/bin/xfreerdp");
    expect(plan({ protocol: "rdp" }, { ...only("mstsc"), platform: "win32" })[0]).toBe("/bin/mstsc");
    expect(plan({ protocol: "https" }, { ...only("open"), platform: "darwin" })[0]).toBe("/bin/open");
    expect(() => plan({ protocol: "vnc" }, only("ssh"))).toThrow(
      expect.objectContaining({
        message: "there is no program for vnc on PATH: vncviewer, xtigervncviewer, remmina, krdc, xdg-open",
        exit: 3,
      }),
    );
    expect(plan({ protocol: "vnc" }, { ...only(), onlyShown: true })).toEqual(["vncviewer", "203.0.113.7::50000"]);
  });

  test("a host key that is new is taken without asking only where that was said", () => {
    expect(plan({ acceptNew: true })).toContain("StrictHostKeyChecking=accept-new");
    expect(plan({})).not.toContain("StrictHostKeyChecking=accept-new");
  });

  test("no program is ever given a password, and every value stays within its own argument", () => {
    const user = "a b@c";
    for (const protocol of PROTOCOLS) {
      for (const program of programsFor(protocol)) {
        const words = plan(
          { protocol, user },
          { with: program },
          protocol === "scp" && program === "scp" ? ["x", ":y"] : [],
        );
        const holding = words.filter((word) => /a b@c|a%20b%40c/.test(word));
        expect(words.join(" ")).not.toMatch(/passw|\/p:/i);
        expect(holding.length, program).toBeLessThanOrEqual(1);
      }
    }
  });

  test.each([
    ["scp", {}, ["only-one"], "scp needs files to copy"],
    ["scp", {}, ["a", "b"], "scp needs files to copy"],
    ["ssh", { with: "putty" }, ["ls"], '"putty" cannot run the command after "--"'],
    ["ssh", { with: "nano" }, [], '"nano" is not a known program for ssh'],
    ["rdp", { with: "ssh" }, [], '"ssh" is not a known program for rdp'],
    ["ssh", { with: "constructor" }, [], '"constructor" is not a known program for ssh'],
    ["ssh", { with: "putty", find: () => undefined }, [], 'there is no program "putty"'],
  ] as const)("%s with %j and %j is refused", (protocol, choice, more, message) => {
    expect(() => plan({ protocol }, choice, [...more])).toThrow(expect.objectContaining({ message }));
  });

  test("scp prints vLab's syntax where files are missing", () => {
    expect(() => plan({ protocol: "scp" }, {}, [])).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining("SCP syntax: scp -P 50000 ada@203.0.113.7 FILE1 FILE2"),
      }),
    );
  });
});

describe("V-45 programs from a configuration", () => {
  const configured = { ssh: ["my ssh", "{user}", "-h={host}", "{port}", "{unknown}", "{name}"], rdp: ["remmina"] };

  test("words are filled in one by one, and none is ever split", () => {
    expect(plan({ user: "a b; {port}" }, { configured }, ["ls"])).toEqual([
      ...["/bin/my ssh", "a b; {port}", "-h=203.0.113.7", "50000", "{unknown}", "lab-m1", "ls"],
    ]);
  });

  test("one word is a program that is known", () => {
    expect(plan({ protocol: "rdp" }, { configured })).toEqual(["/bin/remmina", "-c", "rdp://ada@203.0.113.7:50000"]);
  });

  test("--with is stronger; a missing user is said", () => {
    expect(plan({}, { configured, with: "ssh" })[0]).toBe("/bin/ssh");
    expect(() => plan({ user: undefined }, { configured })).toThrow(
      expect.objectContaining({ message: "connect.ssh has {user} in it, but no user was given", exit: 2 }),
    );
  });

  test("T14 vLab's own file is read, and its programs taken as far as they are known and there", () => {
    const text =
      "[SSH]\nagent = putty\nlocation = C:\\Program Files\\PuTTY\\putty.exe\r\n[BROWSER]\nagent=firefox\nlocation=/usr/bin/firefox\n[OTHER]\nlocation=/x\n";
    const vlab = vlabPrograms(text);
    expect(vlab).toEqual({
      ssh: "C:\\Program Files\\PuTTY\\putty.exe",
      https: "/usr/bin/firefox",
      mgmt: "/usr/bin/firefox",
    });
    expect(plan({ protocol: "https" }, { vlab })).toEqual([
      "/usr/bin/firefox",
      "--new-window",
      "https://203.0.113.7:50000",
    ]);
    expect(plan({ protocol: "https" }, { vlab: { https: "/usr/bin/tilix" } })[0]).toBe("/bin/xdg-open");
    expect(plan({ protocol: "https" }, { vlab, configured: { https: ["chromium"] } })[0]).toBe("/bin/chromium");
  });
});

describe("what servers and users say cannot become an option", () => {
  test.each(["-oProxyCommand=id", "a b", "$(id)", "", "a/b", "h\n"])("host %j", (host) => {
    expect(() => checkHost(host)).toThrow();
  });
  test.each(["203.0.113.7", "2001:db8::7", "gw.example.com"])("host %j", (host) => {
    expect(checkHost(host)).toBe(host);
  });
  test.each(["-l", "", "a\nb", "a'b", "a;b"])("user %j", (user) => {
    expect(() => checkUser(user)).toThrow(expect.objectContaining({ exit: 2 }));
  });
  test.each([
    ["Build 1", "lab-build_201"],
    ["a=b,*", "lab-a_3db_2c_2a"],
    ["win10.lab", "lab-win10.lab"],
  ])("name %j is kept as %s", (name, alias) => {
    expect(hostKeyAlias(name)).toBe(alias);
  });
});
