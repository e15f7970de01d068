/** Every fault of an `accelerator.conf`. Messages contain none of its values, because any of them may be a secret. */

import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";

const usage = (code: string, message: string, hint: string, cause?: unknown) =>
  new Fault(
    `config/apyfal-${code}`,
    message,
    defined({
      hint,
      exit: EXIT.usage,
      cause,
    }),
  );

export const noSection = (where: string) =>
  usage("no-section", `${where}: a key stands before the first section`, 'begin with a section such as "[host]"');

export const noKey = (where: string) =>
  usage("no-key", `${where}: there is nothing before the "="`, 'write "key = value"');

export const continuesNothing = (where: string) =>
  usage(
    "continues-nothing",
    `${where}: the line is indented, but the key above has no value that it could go on with`,
    'write "=" behind the key above, or begin this line at the margin',
  );

export const duplicateSection = (where: string, section: string, first: string) =>
  usage(
    "duplicate-section",
    `${where}: the section ${quote(`[${section}]`)} is written a second time`,
    `the first one is at ${first}; make one of the two`,
  );

export const duplicateKey = (where: string, section: string, key: string, first: string) =>
  usage(
    "duplicate-key",
    `${where}: ${quote(key)} is written a second time in ${quote(`[${section}]`)}`,
    `the first one is at ${first}; keep one`,
  );

export const notUtf8 = (path: string) =>
  usage("not-utf8", `${quote(path)} is not UTF-8 text`, "save it as UTF-8; a byte order mark is fine");

export const tooLarge = (path: string, bytes: number, most: number) =>
  usage("too-large", `${quote(path)} has ${bytes} bytes; ${most} is the most`, "is it a configuration file?");

export const unreadable = (path: string, reason: string, cause: unknown) =>
  usage("unreadable", `cannot read ${quote(path)}: ${reason}`, "name a file that you may read", cause);

export const missing = (path: string, from: string) =>
  new Fault("config/apyfal-missing", `there is no file ${quote(path)} (${from})`, {
    hint: "name an accelerator.conf that exists",
    exit: EXIT.notFound,
  });

export const nothingFound = (tried: readonly string[]) =>
  new Fault(
    "config/apyfal-nothing-found",
    `there is no accelerator.conf: ${tried.map(quote).join(" and ")} not found`,
    {
      hint: 'name it: "sallyport import path/to/accelerator.conf"',
      exit: EXIT.notFound,
    },
  );

export const otherCloud = (hostType: string, where: string) =>
  usage(
    "other-cloud",
    `${where}: the host type is ${quote(hostType)}, and Sallyport's hosts are on AWS`,
    'for what the file says about AWS, add "--host-type AWS"',
  );
