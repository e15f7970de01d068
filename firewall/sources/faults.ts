/** Reasons not to follow a source. In each case nothing changes. */
import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";
import type { ListEntry } from "./list-source.js";

const UNCHANGED = "nothing was changed";

const refused = (code: string, message: string, hint: string = UNCHANGED, cause?: unknown): Fault =>
  new Fault(`firewall/source-${code}`, message, defined({ hint, cause }));

const misspelt = (code: string, message: string, hint: string): Fault =>
  new Fault(`firewall/source-${code}`, message, { hint, exit: EXIT.usage });

const FORMS = [
  "faculty:https://example.my.faculty.ai",
  "json:https://example.com/list.json#/addresses",
  "file:allowed.txt",
  "dns:office.example.com",
  "aws:ROUTE53_HEALTHCHECKS/us-east-1",
  "caller",
];

export const unknownKind = (text: string, suggestion: string | undefined): Fault =>
  misspelt(
    "unknown",
    `${quote(text)} is no source of addresses`,
    suggestion === undefined ? `write one of\n${FORMS.join("\n")}` : `did you mean "${suggestion}"?`,
  );

export const incomplete = (text: string, example: string): Fault =>
  misspelt("incomplete", `${quote(text)} does not say where the addresses are`, `write for example ${quote(example)}`);

export const badUrl = (name: string): Fault =>
  misspelt(
    "bad-url",
    `${quote(name)} has no https URL`,
    "plain http is accepted for 127.0.0.1, [::1] and localhost only",
  );

export const userInUrl = (name: string): Fault =>
  misspelt(
    "credentials-in-url",
    `${quote(name)} has a user in its URL, and every process of this machine could read the password`,
    "put user:password into a file of mode 0600 and name it with --basic-file, or set SALLYPORT_SOURCE_BASIC",
  );

export const badPointer = (name: string, pointer: string): Fault =>
  misspelt(
    "bad-pointer",
    `${quote(pointer)} in ${quote(name)} is not a JSON pointer`,
    'it begins with "/", as in "#/data/addresses"; "~" is written "~0", and "/" within a key "~1"',
  );

export const badHostName = (text: string): Fault =>
  misspelt("bad-name", `${quote(text)} is not a DNS name`, 'write for example "dns:office.example.com"');

export const badCredentials = (what: string, expected: string): Fault =>
  misspelt("bad-credentials", `${what} cannot be sent as a header`, `it has to be ${expected}, on one line`);

export const unreachable = (name: string, reason: string, cause?: unknown): Fault =>
  refused("unreachable", `cannot read ${quote(name)}: ${reason}`, UNCHANGED, cause);

export const badStatus = (name: string, status: number): Fault =>
  refused(
    "status",
    `${quote(name)} answered with status ${status}`,
    status === 401 || status === 403
      ? `${UNCHANGED}; name a file with the credentials: --token-file FILE or --basic-file FILE`
      : UNCHANGED,
  );

export const redirected = (name: string, to: string): Fault =>
  refused(
    "redirect",
    `${quote(name)} sends us on to ${quote(to)}`,
    `${UNCHANGED}; if that is right, name that address as the source`,
  );

export const tooManyRedirects = (name: string, times: number): Fault =>
  refused("redirect", `${quote(name)} sent us on ${times} times`);

export const tooLarge = (name: string, most: number): Fault =>
  refused("too-large", `${quote(name)} is larger than ${most} bytes, which no list of addresses is`);

export const encoded = (name: string, encoding: string): Fault =>
  refused("encoding", `${quote(name)} answered in the encoding ${quote(encoding)}, which was not asked for`);

export const notText = (name: string): Fault => refused("not-text", `${quote(name)} is not UTF-8 text`);

export const notAFile = (name: string): Fault => refused("not-a-file", `${quote(name)} is not a regular file`);

export const changedMeanwhile = (name: string): Fault =>
  refused(
    "changing",
    `${quote(name)} was written to while it was read`,
    `${UNCHANGED}; write a new list beside it and rename it into place`,
  );

export const notJson = (name: string, text: string, cause: unknown): Fault =>
  refused("not-json", `${quote(name)} is not JSON: it begins with ${quote(text.slice(0, 40))}`, UNCHANGED, cause);

export const noKey = (name: string, key: string, within: string): Fault =>
  refused("no-key", `${quote(name)} has no ${quote(key)}${within === "" ? "" : ` in ${quote(within)}`}`);

export const notAList = (name: string, at: string, kind: string): Fault =>
  refused("not-a-list", `${quote(name)} has ${kind} ${place(at)}, not a list of addresses`);

export const notAText = (name: string, at: string, kind: string): Fault =>
  refused("not-a-text", `${quote(name)} has ${kind} ${place(at)}, not an address`);

export const notAnAddress = (name: string, { text, at }: ListEntry, cause: unknown): Fault =>
  new Fault(
    "firewall/source-not-an-address",
    `${quote(name)} has ${quote(text)} ${place(at)}, which is neither an address nor a block`,
    { hint: `${UNCHANGED}; ${hintOf(cause) ?? "--skip-invalid passes over what is not an address"}`, cause },
  );

export const unknownToAws = (name: string, what: string, wanted: string, suggestion: string | undefined): Fault =>
  refused(
    `unknown-${what}`,
    `${quote(name)}: AWS lists no ${what} ${quote(wanted)}`,
    suggestion === undefined ? UNCHANGED : `did you mean "${suggestion}"?`,
  );

export const nothingThere = (name: string, service: string, region: string): Fault =>
  refused("nothing-there", `${quote(name)}: AWS lists no addresses of ${service} in ${region}`);

const place = (at: string): string => (at.startsWith("line ") ? `in ${at}` : `at ${quote(at)}`);

const hintOf = (cause: unknown): string | undefined =>
  cause instanceof Fault && cause.code === "firewall/host-bits" ? cause.hint : undefined;
