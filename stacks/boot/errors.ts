import { EXIT, Fault, quote } from "../../base/fault.js";

export const userDataTooLong = (bytes: number, most: number): Fault =>
  new Fault("stacks/user-data-too-long", `the boot script has ${bytes} bytes; EC2 takes ${most}`, {
    hint: "use a shorter certificate, a shorter init_script, or fewer authorized_host_dirs and accelerators",
    exit: EXIT.usage,
  });

export const unsafeValue = (prop: string, value: string): Fault =>
  new Fault("stacks/unsafe-value", `${prop} ${quote(value)} has characters that cannot be written on a host`, {
    hint: "leave out control characters, quotes, backslashes, spaces, colons and ..",
    exit: EXIT.usage,
  });

export const unfilledPlaceholder = (part: string, placeholder: string): Error =>
  new Error(`${part}.sh has ${placeholder}, which nothing fills in`);
