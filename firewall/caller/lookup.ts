/** Finds the callers: from the program, the environment or the configuration, else from address services. */
import { Cidr, uniqueCidrs } from "../../net/cidr.js";
import * as errors from "../errors.js";
import { agreeOnCaller } from "./agree.js";

export interface ResolvedCaller {
  /** Sorted, each once. */
  readonly callers: readonly Cidr[];
  readonly from: "prop" | "SALLYPORT_CALLER" | "configuration" | "lookup";
  /** Disagreements and failures of single services during a successful lookup. */
  readonly objections: readonly string[];
}

/**
 * The addresses that may reach the hosts: those of the program, else of `SALLYPORT_CALLER`, else of the
 * configuration, else (`auto`) this machine's public address, as the address services agree.
 */
export async function resolveCaller(
  configured: "auto" | readonly string[],
  env: NodeJS.ProcessEnv,
  options: { readonly caller?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<ResolvedCaller> {
  if (options.caller !== undefined) return named(options.caller, "prop", "caller");
  const fromEnv = env.SALLYPORT_CALLER?.trim();
  if (fromEnv !== undefined && fromEnv !== "" && fromEnv !== "auto") {
    return named(fromEnv.split(/[\s,]+/).filter(Boolean), "SALLYPORT_CALLER", "SALLYPORT_CALLER");
  }
  if (configured !== "auto") return named(configured, "configuration", "caller:");
  // A client of HTTPS takes longer to load than all the rest of this, and most callers are configured.
  const { askServices } = await import("./ask-services.js");
  const { callers, objections } = agreeOnCaller(await askServices(env, options.signal));
  if (callers.length === 0) throw errors.callerUnknown(summary(objections));
  return { callers, from: "lookup", objections };
}

function named(texts: readonly string[], from: ResolvedCaller["from"], label: string): ResolvedCaller {
  if (texts.length === 0) throw errors.noCaller(label);
  const callers = texts.map((text) => {
    const cidr = Cidr.of(text);
    if (cidr.isEverybody) throw errors.everybody(text);
    return cidr;
  });
  return { callers: uniqueCidrs(callers), from, objections: [] };
}

/** The reasons of all services in one line. */
function summary(objections: readonly string[]): string {
  const reasons = new Set(objections.map((line) => line.slice(line.indexOf(": ") + 2)));
  const [only] = reasons;
  if (reasons.size === 1 && only !== undefined) return `${only} (${objections.length} services asked)`;
  const shown = objections.slice(0, 4).join("; ");
  return objections.length > 4 ? `${shown}; and ${objections.length - 4} more` : shown;
}
