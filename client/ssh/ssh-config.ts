/**
 * `ssh NAME` for deployed hosts: one file of this kit, and one `Include` line in the user's own.
 *
 * The kit's file has one section per project, so that projects do not overwrite each other's hosts. The user's file
 * gets the line at its top, because an `Include` below a `Host` would apply to that host only. Its other bytes stay the
 * same.
 */
import { readFile, realpath, stat, unlink } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import SSHConfig from "ssh-config";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { withLock } from "../../base/fs/lock.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { homeOf } from "../../base/home.js";
import { CLOSED_DOORS, type SshOptions } from "./openssh.js";

export interface SshConfigHost {
  /** The name to type after `ssh`. */
  readonly name: string;
  readonly address: string;
  readonly port?: number;
  readonly username: string;
  readonly identity: string;
  readonly knownHosts: string;
  readonly hostKeyAlias: string;
  /** @default CLOSED_DOORS */
  readonly doors?: SshOptions;
}

/** A host that got another name, because its own is taken. */
interface RenamedHost {
  readonly name: string;
  /** The project, or the file of the user, that has the name. */
  readonly takenBy: string;
  readonly as: string;
}

export interface InstalledSshConfig {
  /** The names to type after `ssh`, in the order of the hosts. */
  readonly names: readonly string[];
  readonly renamed: readonly RenamedHost[];
}

export interface SshConfigFiles {
  /** The user's file. */
  readonly main: string;
  /** The kit's file, beside it. */
  readonly own: string;
}

/**
 * Paths of the two files: beside each other in `~/.ssh`, or beside the user's file that `$SALLYPORT_SSH_CONFIG` names.
 */
export function sshConfigFiles(env: NodeJS.ProcessEnv): SshConfigFiles {
  const main = env.SALLYPORT_SSH_CONFIG || join(homeOf(env), ".ssh", "config");
  return { main, own: join(dirname(main), "sallyport.config") };
}

/** The `Host` blocks in OpenSSH's format. Pure. */
export function hostBlocks(hosts: readonly SshConfigHost[], home: string): string {
  const config = new SSHConfig();
  for (const host of hosts) {
    config.append(
      defined({
        Host: host.name,
        HostName: host.address,
        Port: host.port === undefined || host.port === 22 ? undefined : String(host.port),
        User: host.username,
        IdentityFile: homeRelative(host.identity, home),
        IdentitiesOnly: "yes",
        UserKnownHostsFile: homeRelative(host.knownHosts, home),
        HostKeyAlias: host.hostKeyAlias,
        ...(host.doors ?? CLOSED_DOORS),
      }),
    );
  }
  return `${String(config).trimEnd()}\n`;
}

/** `text` with `blocks` as the section of `project`, or without that section. Pure. */
function withSection(text: string, project: string, blocks: string | undefined): string {
  const [begin, end] = [`# begin ${JSON.stringify(project)}\n`, `# end ${JSON.stringify(project)}\n`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  const [before, after] = from < 0 || to < 0 ? [text, ""] : [text.slice(0, from), text.slice(to + end.length)];
  const section = blocks === undefined ? "" : `${begin}${blocks}${end}`;
  return `${before}${section}${after}`;
}

/** `text` with the `Include` of `own` at the top. Pure. */
export function withInclude(text: string, own: string, home: string): string {
  const line = includeLine(own, home);
  const top = text.split(/^[ \t]*(?:Host|Match)\b/im, 1)[0] ?? "";
  return top.split("\n").includes(line) ? text : `${line}\n${text}`;
}

/** `text` as it was before {@link withInclude}. Pure. */
export function withoutInclude(text: string, own: string, home: string): string {
  return text.replaceAll(new RegExp(`^${escapeRegExp(includeLine(own, home))}\n`, "gm"), "");
}

/**
 * Writes the section of `project` and ensures the `Include` line. ssh takes the first block of a name, so a name that
 * another project or the user's own file has is not used again.
 */
export async function installSshConfig(
  files: SshConfigFiles,
  project: string,
  hosts: readonly SshConfigHost[],
  home = openSshHome(),
): Promise<InstalledSshConfig> {
  await makeDir(dirname(files.main), 0o700);
  return withLock(`${files.own}.lock`, async () => {
    const sections = namesInSections(await textOf(files.own));
    const taken = new Map([...sections, ...namesOf(files.main, await textOf(files.main))]);
    const renamed: RenamedHost[] = [];
    const named = hosts.map((host) => {
      const { name } = host;
      const takenBy = taken.get(name);
      if (takenBy === undefined || takenBy === project) return host;
      const as = freeName(name, project, (other) => (taken.get(other) ?? project) === project);
      renamed.push({ name, takenBy, as });
      return { ...host, name: as };
    });
    await edit(files.own, (text) => withSection(text, project, hostBlocks(named, home)));
    await edit(files.main, (text) => withInclude(text, files.own, home));
    return { names: named.map(({ name }) => name), renamed };
  });
}

/** `accelerator-1.lab` for a project in `/home/ada/lab`. */
function freeName(name: string, project: string, isFree: (name: string) => boolean): string {
  const place = basename(project).replaceAll(/[^A-Za-z0-9_-]+/g, "-") || "other";
  let free = `${name}.${place}`;
  for (let count = 2; !isFree(free); count += 1) free = `${name}.${place}-${count}`;
  return free;
}

/** The names of blocks, without patterns. */
function namesOf(owner: string, text: string): [name: string, owner: string][] {
  const lines = [...text.matchAll(/^[ \t]*Host[ \t=]+(.*)$/gim)];
  const names = lines.flatMap(([, words = ""]) => words.replaceAll('"', "").trim().split(/\s+/));
  return names.filter((name) => !/[*?!]/.test(name)).map((name) => [name, owner]);
}

function namesInSections(text: string): [name: string, owner: string][] {
  const sections = [...text.matchAll(/^# begin (".*")\n([\s\S]*?)^# end \1\n/gm)];
  // ssh takes the first, so a later section must not stand for an earlier one.
  return sections.reverse().flatMap(([, project = '""', blocks = ""]) => namesOf(String(JSON.parse(project)), blocks));
}

/** Removes the section of `project`, and with the last section the file and the `Include` line. */
export async function removeSshConfig(files: SshConfigFiles, project: string, home = openSshHome()): Promise<void> {
  await makeDir(dirname(files.main), 0o700);
  await withLock(`${files.own}.lock`, async () => {
    const left = await edit(files.own, (text) => withSection(text, project, undefined));
    if (left.trim() !== "") return;
    await edit(files.main, (text) => withoutInclude(text, files.own, home));
  });
}

/** The home directory that OpenSSH means by `~`: the one in the password database, whatever $HOME says. */
export function openSshHome(): string {
  return userInfo().homedir;
}

/** `~/.ssh/x` for files in the home, so that the configuration can move with it. */
function homeRelative(path: string, home: string): string {
  const inside = relative(home, path);
  const isInside = inside !== "" && !inside.startsWith("..") && !isAbsolute(inside);
  return quoteIfNeeded(isInside ? `~/${inside}` : path);
}

function includeLine(own: string, home: string): string {
  return `Include ${homeRelative(own, home)}`;
}

function quoteIfNeeded(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

/** Replaces a file's text if it changes; removes the file if nothing is left. */
async function edit(path: string, change: (text: string) => string): Promise<string> {
  // A symbolic link, as dotfiles managers make, stays a link: its target is replaced.
  const real = await realpath(path).catch(() => path);
  const old = await readIfThere(real);
  const text = change(old ?? "");
  if (text === (old ?? "")) return text;
  if (text === "") await unlink(real);
  else await replaceFile(real, text, old === undefined ? 0o600 : (await stat(real)).mode & 0o777);
  return text;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
}

const textOf = async (path: string) => (await readIfThere(path)) ?? "";

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
