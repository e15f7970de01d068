/** `sallyport ls|get|put|rm HOST:DIR/PATH`: the files in a host's authorized directories. */
import { resolve } from "node:path";
import { escapeBreaks } from "../../base/text/escape.js";
import { table } from "../../base/text/table.js";
import type { Directory } from "../../client/agent/answers.js";
import { listingText } from "../../client/agent/listing-text.js";
import type { Context, Progress, Register } from "../context.js";
import { type HostFlags, withHost, withHostFlags } from "../host.js";

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("ls"))
    .description("list the authorized directories of a host, or the files in one of them")
    .argument("<host[:dir/path]>", "a deployed host or an address, and optionally a directory on it")
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
    .description("download a file: resumes broken transfers and verifies the SHA-256")
    .argument("<host:dir/path>", "the file on the host")
    .argument("[local]", 'file or directory to write to, or "-" for stdout', ".")
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
    .description("upload a file: it appears on the host once it is complete and its SHA-256 is verified")
    .argument("<local>", 'a file, or "-" for stdin')
    .argument("<host:dir/path>", "file on the host; a path that ends with / (or is only DIR) keeps the file's name")
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
    .argument("<host:dir/path>", "file or empty directory on the host")
    .addHelpText("after", "\nExample:\n  $ sallyport rm accelerator-1:shared/out.bin")
    .action(wrap(remove));
};

async function list(context: Context, remote: string, flags: HostFlags): Promise<void> {
  const { parseHostArgument } = await import("../../client/agent/host-argument.js");
  const { path } = parseHostArgument(remote);
  await withHost(context, remote, flags, async (client) => {
    if (path === undefined || path === "") context.print({ directories: await client.directories() }, directoryText);
    else context.print(await client.listing(path), listingText);
  });
}

async function get(context: Context, remote: string, local: string, flags: HostFlags): Promise<void> {
  const { downloadTo, remotePathIn } = await import("../../client/agent/host-argument.js");
  const { isStandardOutput } = await import("../../client/agent/transfer/destination.js");
  const path = remotePathIn(remote);
  await withHost(context, remote, flags, async (client) => {
    const { onProgress, done } = transferProgress(context, `get ${path}`);
    if (local === "-" || isStandardOutput(resolve(context.cwd, local))) {
      const { sha256, size } = await client.get(path, process.stdout, { onProgress });
      return done(`${size} bytes, SHA-256 ${sha256}`);
    }
    const file = await downloadTo(resolve(context.cwd, local), path);
    const got = await client.download(path, file, { onProgress });
    done();
    context.print({ path, file, ...got }, () => `${escapeBreaks(file)}  ${got.size} bytes  SHA-256 ${got.sha256}`);
  });
}

async function put(context: Context, local: string, remote: string, flags: HostFlags): Promise<void> {
  const { remotePathIn, uploadTo } = await import("../../client/agent/host-argument.js");
  const path = uploadTo(remotePathIn(remote), local);
  await withHost(context, remote, flags, async (client) => {
    const { onProgress, done } = transferProgress(context, `put ${path}`);
    const stored =
      local === "-"
        ? await client.put(path, context.stdin, { onProgress })
        : await client.upload(resolve(context.cwd, local), path, { onProgress });
    done();
    const verb = stored.created ? "created" : "replaced";
    context.print(
      { path, ...stored },
      () => `${verb} ${escapeBreaks(path)}  ${stored.size} bytes  SHA-256 ${stored.sha256}`,
    );
  });
}

async function remove(context: Context, remote: string, flags: HostFlags): Promise<void> {
  const { remotePathIn } = await import("../../client/agent/host-argument.js");
  const path = remotePathIn(remote);
  await withHost(context, remote, flags, async (client) => {
    await client.remove(path);
    context.print({ path, removed: true }, () => `removed ${escapeBreaks(path)}`);
  });
}

/** A progress line that begins when the size is known. */
function transferProgress(context: Context, label: string) {
  let line: Progress | undefined;
  return {
    onProgress: (done: number, total: number | undefined) => {
      line ??= context.progress(label, total);
      line.update(done);
    },
    done: (outcome?: string) => line?.done(outcome),
  };
}

function directoryText({ directories }: { directories: readonly Directory[] }): string {
  if (directories.length === 0) return "no authorized directories";
  return table(directories.map(({ name, mode, path }) => [name, mode, path]));
}
