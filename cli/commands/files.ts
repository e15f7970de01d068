/** `sallyport ls|get|put|rm HOST:DIR/PATH`: the files in a host's authorized directories. */
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { EXIT, Fault, quote } from "../../base/fault.js";
import { table } from "../../base/text/table.js";
import type { AgentClient } from "../../client/agent/agent-client.js";
import type { Directory, Entry } from "../../client/agent/answers.js";
import type { Context, Progress, Register } from "../context.js";
import { connectTo, type HostFlags, parseRemote, resolveHost, withHostFlags } from "../host.js";

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("ls"))
    .description("list a host's directories, or the files in one of them")
    .argument("<host[:dir/path]>", "a deployed host's name or an address, and where to look")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport ls accelerator-1                 the authorized directories
  $ sallyport ls accelerator-1:shared/results
  $ sallyport ls 203.0.113.7:shared --cert ~/team.crt --json`,
    )
    .action(wrap(list));
  withHostFlags(program.command("get"))
    .description("fetch a file; a broken transfer is resumed, its SHA-256 is checked")
    .argument("<host:dir/path>", "the file on the host")
    .argument("[local]", 'where to put it: a file, a directory, or "-" for stdout', ".")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport get accelerator-1:shared/out.bin
  $ sallyport get accelerator-1:shared/out.bin results/
  $ sallyport get accelerator-1:shared/log.txt - | less`,
    )
    .action(wrap(get));
  withHostFlags(program.command("put"))
    .description("send a file; it appears on the host when it is whole and its SHA-256 is right")
    .argument("<local>", 'a file, or "-" for stdin')
    .argument("<host:dir/path>", "where it goes; a path that ends with / (or is only DIR) keeps the file's name")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport put data.bin accelerator-1:shared
  $ sallyport put data.bin accelerator-1:shared/inputs/run1.bin
  $ tar c model | sallyport put - accelerator-1:shared/model.tar`,
    )
    .action(wrap(put));
  withHostFlags(program.command("rm"))
    .description("remove a file or an empty directory")
    .argument("<host:dir/path>", "what to remove")
    .addHelpText("after", "\nExample:\n  $ sallyport rm accelerator-1:shared/out.bin")
    .action(wrap(remove));
};

async function list(context: Context, remote: string, flags: HostFlags): Promise<void> {
  const { path } = parseRemote(remote);
  await withClient(context, remote, flags, async (client) => {
    if (path === undefined || path === "") context.print({ directories: await client.directories() }, directoryText);
    else context.print({ path, entries: await client.list(path) }, entryText);
  });
}

async function get(context: Context, remote: string, local: string, flags: HostFlags): Promise<void> {
  const path = pathIn(remote);
  await withClient(context, remote, flags, async (client) => {
    const { onProgress, done } = follow(context, `get ${path}`);
    if (local === "-") {
      const { sha256, size } = await client.get(path, process.stdout, { onProgress });
      return done(`${size} bytes, SHA-256 ${sha256}`);
    }
    const file = await localTarget(resolve(context.cwd, local), path);
    const got = await client.download(path, file, { onProgress });
    done();
    context.print({ path, file, ...got }, () => `${file}  ${got.size} bytes  SHA-256 ${got.sha256}`);
  });
}

async function put(context: Context, local: string, remote: string, flags: HostFlags): Promise<void> {
  const path = remoteTarget(pathIn(remote), local);
  await withClient(context, remote, flags, async (client) => {
    const { onProgress, done } = follow(context, `put ${path}`);
    const stored =
      local === "-"
        ? await client.put(path, context.stdin, { onProgress })
        : await client.upload(resolve(context.cwd, local), path, { onProgress });
    done();
    const verb = stored.created ? "created" : "replaced";
    context.print({ path, ...stored }, () => `${verb} ${path}  ${stored.size} bytes  SHA-256 ${stored.sha256}`);
  });
}

async function remove(context: Context, remote: string, flags: HostFlags): Promise<void> {
  const path = pathIn(remote);
  await withClient(context, remote, flags, async (client) => {
    await client.remove(path);
    context.print({ path, removed: true }, () => `removed ${path}`);
  });
}

async function withClient(
  context: Context,
  remote: string,
  flags: HostFlags,
  use: (client: AgentClient) => Promise<void>,
): Promise<void> {
  const client = await connectTo(await resolveHost(context, remote, flags), context);
  try {
    await use(client);
  } finally {
    client.close();
  }
}

/** A progress line that begins when the size is known. */
function follow(context: Context, label: string) {
  let line: Progress | undefined;
  return {
    onProgress: (done: number, total: number | undefined) => {
      line ??= context.progress(label, total);
      line.update(done);
    },
    done: (outcome?: string) => line?.done(outcome),
  };
}

function pathIn(remote: string): string {
  const { path } = parseRemote(remote);
  if (path !== undefined && path !== "") return path;
  throw new Fault("cli/no-remote-path", `${quote(remote)} names no file`, {
    hint: `write HOST:DIR/PATH, as in "accelerator-1:shared/data.bin"`,
    exit: EXIT.usage,
  });
}

async function localTarget(local: string, path: string): Promise<string> {
  const isDirectory = await stat(local).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? join(local, basename(path)) : local;
}

/** `shared` and `shared/in/` keep the file's own name; stdin has none. */
function remoteTarget(path: string, local: string): string {
  const keepsName = path.endsWith("/") || !path.includes("/");
  if (!keepsName) return path;
  if (local !== "-") return `${path.replace(/\/+$/, "")}/${basename(local)}`;
  throw new Fault("cli/no-remote-name", `stdin has no name to keep in ${quote(path)}`, {
    hint: "write the whole path, as in HOST:shared/data.bin",
    exit: EXIT.usage,
  });
}

function directoryText({ directories }: { directories: readonly Directory[] }): string {
  if (directories.length === 0) return "no authorized directories";
  return table(directories.map(({ name, mode, path }) => [name, mode, path]));
}

function entryText({ entries }: { entries: readonly Entry[] }): string {
  if (entries.length === 0) return "empty";
  return table(
    entries.map(({ name, type, size, modified }) => [
      type === "directory" ? "-" : String(size),
      modified,
      type === "directory" ? `${name}/` : name,
    ]),
  );
}
