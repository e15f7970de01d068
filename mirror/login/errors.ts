/** Faults of the `sallyport mirror` commands. */
import { EXIT, Fault, quote } from "../../base/fault.js";
import { shellQuote } from "../../base/text/shell.js";

const usage = (code: string, message: string, hint: string) =>
  new Fault(`mirror/${code}`, message, { hint, exit: EXIT.usage });

/** @param instead the flags that name the same repository; undefined for an ARN of another service. */
export const arnAsName = (flag: string, value: string, instead: string | undefined) =>
  usage(
    "arn-as-name",
    `${flag} is the ARN ${quote(value)}, and takes a name`,
    instead === undefined ? "write the name of a CodeArtifact domain and of a repository in it" : `write ${instead}`,
  );

export const badDomain = (value: string) =>
  usage(
    "bad-domain",
    `--domain is ${quote(value)}`,
    "write 2 to 50 lower-case letters, digits and -, beginning with a letter and not ending with -",
  );

export const badRepository = (value: string) =>
  usage(
    "bad-repository",
    `--repository is ${quote(value)}`,
    "write 2 to 100 letters, digits and . _ -, beginning with a letter or digit",
  );

export const badOwner = (value: string) =>
  usage(
    "bad-owner",
    `--domain-owner is ${quote(value)}`,
    "write the 12 digits of the AWS account that owns the domain",
  );

export const badLifetime = (value: string) =>
  usage(
    "bad-lifetime",
    `--duration is ${quote(value)}`,
    "write 15m to 12h, or 0 for as long as the session of the role lasts",
  );

export const badEndpoint = (value: string) =>
  usage("bad-endpoint", `--endpoint-url is ${quote(value)}`, 'write a URL such as "https://codeartifact.example.com"');

export const noRepository = (missing: string) =>
  usage(
    "no-target",
    `${missing} is missing`,
    "name the repository with --domain and --repository, or run this where the stack private-mirror is deployed",
  );

export const badScope = (value: string) =>
  usage("bad-scope", `--scope is ${quote(value)}`, 'write a scope of npm such as "@acme"');

export const scopeOfPython = (tool: string) =>
  usage("scope-of-python", `--scope means nothing to ${tool}`, "scopes are npm's: use it with npm, pnpm or yarn");

export const badName = (value: string) =>
  usage("bad-name", `--name is ${quote(value)}`, "write 1 to 64 letters, digits, _ and -");

export const badToken = () =>
  new Fault("mirror/bad-token", "the token that was given has characters that configuration files cannot hold", {
    hint: "a CodeArtifact token has letters, digits and . _ ~ + / = - only; who answers at this endpoint?",
  });

export const badAnswer = (url: string, what: string) =>
  new Fault("mirror/bad-answer", `${url} answered without ${what}`, { hint: "is this a CodeArtifact endpoint?" });

export const pipWithoutFiles = () =>
  usage(
    "pip-without-files",
    "PIP_CONFIG_FILE says that pip reads no files",
    'unset it, or use "sallyport mirror exec -- pip …"',
  );

export const onWindows = (tool: string) =>
  usage("windows", `on Windows ${tool} reads its settings from places that login does not write`, "run it in WSL 2");

export const otherDefault = (file: string, name: string) =>
  new Fault("mirror/other-default", `${quote(file)} has the default index ${quote(name)} already, and uv allows one`, {
    hint: "take its line default = true away; nothing was changed",
    exit: EXIT.conflict,
  });

export const notText = (file: string) =>
  new Fault("mirror/not-text", `${quote(file)} is not UTF-8 text`, {
    hint: "nothing was changed",
    exit: EXIT.conflict,
  });

export const notAFile = (file: string) =>
  new Fault("mirror/not-a-file", `${quote(file)} is no regular file`, {
    hint: "move it away; nothing was changed",
    exit: EXIT.conflict,
  });

export const notYours = (file: string, uid: number) =>
  new Fault("mirror/not-yours", `${quote(file)} belongs to ${uid === 0 ? "root" : `the user ${uid}`}, not to you`, {
    hint:
      process.geteuid?.() === 0
        ? "run the command as that user, without sudo; nothing was changed"
        : `make it yours: sudo chown "$USER" ${shellQuote(file)}; nothing was changed`,
    exit: EXIT.conflict,
  });

export const brokenLink = (file: string, target: string) =>
  new Fault("mirror/broken-link", `${quote(file)} is a link to ${quote(target)}, which does not lead to a file`, {
    hint: "make that file, or remove the link; nothing was changed",
    exit: EXIT.conflict,
  });

export const noAccess = (path: string, code: string, cause: unknown) =>
  new Fault("mirror/no-access", `${quote(path)} cannot be used: ${REASONS[code] ?? code}`, {
    hint: "nothing was changed",
    exit: EXIT.conflict,
    cause,
  });

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "you have no permission",
  EPERM: "you have no permission",
  EROFS: "it is on a read-only file system",
  ENOTDIR: "there is a file in place of a directory",
  ELOOP: "its links lead in a circle",
};

export const stateGarbage = (file: string) =>
  new Fault("mirror/state-garbage", `${quote(file)}, which remembers what logins changed, cannot be read`, {
    hint: "move it away; what is configured now then counts as your own, and logout will not undo it",
    exit: EXIT.conflict,
  });

export const busy = (pid: number) =>
  new Fault("mirror/busy", `the process ${pid} is changing the same files`, {
    hint: "try again when it is done",
    exit: EXIT.conflict,
  });

export const notLoggedIn = (tool: string | undefined) =>
  new Fault("mirror/not-logged-in", `there is no login${tool === undefined ? "" : ` for ${tool}`} to work with`, {
    hint: `make one with "sallyport mirror login --tool ${tool ?? "pip"}"`,
    exit: EXIT.notFound,
  });
