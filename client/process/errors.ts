/** Faults of processing. */
import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";

const usage = (code: string, message: string, hint: string) =>
  new Fault(`cli/${code}`, message, { hint, exit: EXIT.usage });

export const noHost = () => usage("no-host", "no host is named", 'write HOST behind "process", or "--hosts a,b,c"');

export const hostAndHosts = () =>
  usage("host-and-hosts", "HOST and --hosts contradict each other", "name all of them with --hosts");

export const badScheme = (text: string) =>
  usage("bad-scheme", `${quote(text)} is neither a file nor a host:// URL`, "write PATH, host://DIR/PATH, or -");

export const badParameters = (text: string) =>
  usage("bad-parameters", `--parameters is ${quote(text)}, which is no JSON object`, `write '{"level": 9}', or @FILE`);

export const parametersUnreadable = (file: string, cause: unknown) =>
  new Fault("cli/parameters-unreadable", `--parameters: cannot read ${quote(file)}`, { exit: EXIT.usage, cause });

export const noInputs = (text: string) =>
  new Fault("cli/no-inputs", `--src ${quote(text)} matches no file`, { exit: EXIT.notFound });

export const noDestination = () =>
  usage("no-destination", "--dst is missing", "name a file, host://DIR/PATH or -; only --detach does without");

export const detachedFile = (dst: string) =>
  usage(
    "detached-file",
    `--detach does not wait for the output that ${quote(dst)} is to hold`,
    `leave --dst out and fetch it later with "sallyport jobs HOST ID --output FILE", or write it to host://DIR/PATH`,
  );

export const detachedMany = () =>
  usage("detached-many", "--detach is for one input", "leave it out, or start one command for each input");

export const manyNeedFiles = (text: string) =>
  usage(
    "many-need-files",
    `${quote(text)} is not a local file`,
    "several inputs are local files, and --dst a local directory",
  );

export const overwritesInput = (file: string) =>
  usage("overwrites-input", `the output of ${quote(file)} would replace it`, "name another directory with --dst");

export const sameOutput = (a: string, b: string, dst: string) =>
  usage(
    "same-output",
    `${quote(a)} and ${quote(b)} would both become ${quote(dst)}`,
    "process them one after the other",
  );

export const jobFailed = (id: string, host: string, detail: string, stderr: string | undefined) =>
  new Fault(
    "cli/job-failed",
    `job ${id} on ${quote(host)} failed: ${detail}`,
    defined({
      hint: stderr === undefined || stderr.trim() === "" ? undefined : stderr.trimEnd(),
    }),
  );

export const jobCancelled = (id: string, host: string) =>
  new Fault("cli/job-cancelled", `job ${id} on ${quote(host)} was cancelled by somebody else`);

export const tookTooLong = (host: string, text: string) =>
  new Fault("cli/took-too-long", `${quote(host)} was not done within ${text}`, {
    hint: "the job was cancelled and removed; give it more time with --timeout",
  });

export const noSuchAccelerator = (host: string, name: string | undefined) =>
  new Fault(
    "cli/no-accelerator",
    name === undefined ? `${quote(host)} has no accelerators` : `${quote(host)} has no accelerator ${quote(name)}`,
    { hint: `"sallyport accelerators HOST" lists them`, exit: EXIT.notFound },
  );

export const noHostLeft = () => new Fault("cli/no-host-left", "there is no host left to try it on");

export const destinationUnusable = (dst: string, cause: unknown) =>
  new Fault("cli/local-unwritable", `cannot write ${quote(dst)}: ${errorText(cause)}`, {
    hint: "nothing was sent to the host; name another place with --dst",
    cause,
  });

/** The job is done and stays on its host, but its output did not arrive. The code and the exit status are those of the cause. */
export class OutputNotFetched extends Fault {
  /** The command that fetches the output. */
  readonly command: string;

  constructor(cause: unknown, host: string, id: string) {
    const known = cause instanceof Fault ? cause : undefined;
    const command = `sallyport jobs ${host} ${id} --output FILE`;
    super(known?.code ?? "cli/output-not-fetched", known?.message ?? errorText(cause), {
      hint: `job ${id} is done, and its output stays on the host; fetch it with "${command}"`,
      exit: known?.exit ?? EXIT.failure,
      cause,
    });
    this.command = command;
  }
}
