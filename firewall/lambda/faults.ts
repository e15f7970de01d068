import { defined } from "../../base/defined.js";
import { Fault, quote } from "../../base/fault.js";

export const badSettings = (variable: string, cause?: unknown): Fault =>
  new Fault(
    "firewall/bad-settings",
    `${variable} does not say what to follow`,
    defined({
      hint: 'deploy the function with "sallyport up firewall-sync"',
      cause,
    }),
  );

export const noSecret = (parameter: string, cause?: unknown): Fault =>
  new Fault(
    "firewall/no-secret",
    `cannot read the parameter ${quote(parameter)}`,
    defined({
      hint: "nothing was changed; the parameter must exist in the function's region, as a SecureString",
      cause,
    }),
  );
