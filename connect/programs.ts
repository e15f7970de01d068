/**
 * The known programs, and the arguments that take each to a destination. Pure.
 *
 * None of them is given a password: every user of a machine can read the arguments of its processes.
 */

import { EXIT, Fault, quote } from "../base/fault.js";
import { hostInUrl } from "../net/address.js";
import { type ConnectDestination, hostPort, urlOf } from "./destination.js";
import type { ConnectProtocol } from "./machine-types.js";
import { scpArgs, sftpArgs, sshArgs } from "./openssh.js";

/** @param more the arguments after `--` */
type Arguments = (to: ConnectDestination, more: readonly string[]) => readonly string[];
type Program = Partial<Record<ConnectProtocol, Arguments>>;

const putty: Arguments = (to, more) => {
  if (more.length > 0) throw noCommand("putty");
  return ["-ssh", to.host, "-P", String(to.port), ...login("-l", to)];
};
const secureCrt: Arguments = (to, more) => {
  if (more.length > 0) throw noCommand("securecrt");
  return ["/SSH2", ...login("/L", to), "/P", String(to.port), to.host];
};
/** ssh in a new terminal window. */
const inWindow =
  (...words: string[]): Arguments =>
  (to, more) => [...words, "ssh", ...sshArgs(to, more)];

const browser = (...words: string[]): Program => {
  const args: Arguments = (to, more) => [...words, ...more, urlOf("https", to)];
  return { https: args, mgmt: args };
};
/** Opens a URL with the desktop's program for it. */
const opener: Program = {
  ...browser(),
  vnc: (to, more) => [...more, urlOf("vnc", to)],
  console: (to, more) => [...more, urlOf("vnc", to)],
};

const freerdp: Program = {
  rdp: (to, more) => [
    `/v:${hostPort(to)}`,
    ...(to.user === undefined ? [] : [`/u:${to.user}`]),
    "/dynamic-resolution",
    "+clipboard",
    ...more,
  ],
};
/** TigerVNC's and RealVNC's form for a port rather than a display. */
const vncViewer: Program = both((to, more) => [...more, `${hostInUrl(to.host)}::${to.port}`]);
const remmina: Program = {
  rdp: (to, more) => ["-c", urlOf("rdp", to), ...more],
  ...both((to, more) => ["-c", urlOf("vnc", to), ...more]),
  ssh: (to, more) => {
    if (more.length > 0) throw noCommand("remmina");
    return ["-c", urlOf("ssh", to)];
  },
};

/** By the name of the file, without `.exe`. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  ssh: { ssh: sshArgs },
  scp: { scp: scpArgs },
  sftp: { sftp: sftpArgs },
  putty: { ssh: putty },
  securecrt: { ssh: secureCrt },
  // Windows Terminal reads a semicolon as the end of one of its own commands.
  wt: { ssh: (to, more) => inWindow("new-tab")(to, more).map((word) => word.replaceAll(";", "\\;")) },
  "gnome-terminal": { ssh: inWindow("--") },
  konsole: { ssh: inWindow("-e") },
  xterm: { ssh: inWindow("-e") },
  xfreerdp3: freerdp,
  xfreerdp: freerdp,
  wlfreerdp: freerdp,
  remmina,
  mstsc: { rdp: (to, more) => [`/v:${hostPort(to)}`, "/w:1920", "/h:1080", ...more] },
  "xdg-open": { ...opener, sftp: (to) => [urlOf("sftp", to)] },
  open: { ...opener, rdp: (to) => [macRdp(to)] },
  // "start" belongs to cmd.exe, which is a shell; this opens a URL without one.
  rundll32: browser("url.dll,FileProtocolHandler"),
  firefox: browser("--new-window"),
  "google-chrome": browser("--new-window"),
  chrome: browser("--new-window"),
  chromium: browser("--new-window"),
  msedge: browser("--new-window"),
  vncviewer: vncViewer,
  xtigervncviewer: vncViewer,
  krdc: { rdp: (to) => [urlOf("rdp", to)], ...both((to) => [urlOf("vnc", to)]) },
  winscp: { scp: (to, more) => [urlOf("scp", to), ...more], sftp: (to, more) => [urlOf("sftp", to), ...more] },
  filezilla: { scp: (to, more) => [urlOf("sftp", to), ...more], sftp: (to, more) => [urlOf("sftp", to), ...more] },
};

type Platform = "linux" | "darwin" | "win32";

const WEB: Record<Platform, readonly string[]> = { linux: ["xdg-open"], darwin: ["open"], win32: ["rundll32"] };
const VNC: Record<Platform, readonly string[]> = {
  linux: ["vncviewer", "xtigervncviewer", "remmina", "krdc", "xdg-open"],
  darwin: ["open", "vncviewer"],
  win32: ["vncviewer"],
};

/** Searched on PATH in this order. */
const USUAL: Record<ConnectProtocol, Record<Platform, readonly string[]>> = {
  ssh: {
    linux: ["ssh", "putty", "remmina"],
    darwin: ["ssh"],
    win32: ["ssh", "wt", "putty"],
  },
  scp: { linux: ["scp", "filezilla"], darwin: ["scp"], win32: ["scp", "winscp", "filezilla"] },
  sftp: { linux: ["sftp", "filezilla"], darwin: ["sftp"], win32: ["sftp", "winscp", "filezilla"] },
  rdp: {
    linux: ["xfreerdp3", "xfreerdp", "remmina", "wlfreerdp", "krdc"],
    darwin: ["open"],
    win32: ["mstsc"],
  },
  https: WEB,
  mgmt: WEB,
  vnc: VNC,
  console: VNC,
};

export function usualPrograms(protocol: ConnectProtocol, platform: NodeJS.Platform): readonly string[] {
  return USUAL[protocol][platform === "win32" || platform === "darwin" ? platform : "linux"];
}

/** @param path of a program; its file name decides. @returns undefined for an unknown program, or one without the protocol */
export function argumentsFor(path: string, protocol: ConnectProtocol): Arguments | undefined {
  const name = path
    .replace(/^.*[\\/]/, "")
    .replace(/\.exe$/i, "")
    .toLowerCase();
  return Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name]?.[protocol] : undefined;
}

/** The known programs for a protocol, for messages. */
export function programsFor(protocol: ConnectProtocol): string[] {
  return Object.keys(PROGRAMS).filter((name) => PROGRAMS[name]?.[protocol] !== undefined);
}

function both(args: Arguments): Program {
  return { vnc: args, console: args };
}

function login(flag: string, { user }: ConnectDestination): string[] {
  return user === undefined ? [] : [flag, user];
}

/** The URL of Microsoft's app for macOS. */
function macRdp(to: ConnectDestination): string {
  const attribute = (name: string, value: string) => `${encodeURIComponent(name)}=s:${encodeURIComponent(value)}`;
  const parts = [attribute("full address", hostPort(to))];
  if (to.user !== undefined) parts.push(attribute("username", to.user));
  return `rdp://${parts.join("&")}`;
}

const noCommand = (program: string) =>
  new Fault("connect/no-command", `${quote(program)} cannot run the command after "--"`, {
    hint: `leave the command out, or use "--with ssh"`,
    exit: EXIT.usage,
  });

/** What opens a local file or a URL in the user's browser. */
export function browserCall(target: string, platform: NodeJS.Platform): { program: string; args: readonly string[] } {
  if (platform === "win32") return { program: "rundll32", args: ["url.dll,FileProtocolHandler", target] };
  return { program: platform === "darwin" ? "open" : "xdg-open", args: [target] };
}
