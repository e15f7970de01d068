/**
 * What each exit status means: the one table. The help and the man page are made of it; docs/reference/cli.md and the skill file
 * are tested against it.
 */
import { EXIT } from "../base/fault.js";

export interface ExitStatus {
  readonly status: number;
  /** A few words, for the help. */
  readonly brief: string;
  /** Markdown, for pages. */
  readonly meaning: string;
}

type Meaning = readonly [brief: string, meaning?: string];

/** A status without a meaning does not compile. */
const MEANINGS: Readonly<Record<keyof typeof EXIT, Meaning>> = {
  ok: ["done"],
  failure: ["failed", "failed; `firewall why`: only AWS knows"],
  usage: ["wrong usage or configuration", "wrong usage or configuration; nothing was changed"],
  notFound: ["not found", "not found, or not deployed"],
  auth: ["not allowed", "not allowed: token, key or address refused; `firewall why`: the packet is blocked"],
  conflict: ["conflict", "conflict: something exists already, or has changed meanwhile"],
  changesPending: ["changes pending (with --check)", "`plan --check`, `firewall sync --check`: there are changes"],
  hangup: ["ended by SIGHUP"],
  interrupted: ["interrupted", "interrupted by Ctrl-C"],
  terminated: ["ended by SIGTERM"],
};

export const EXIT_STATUSES: readonly ExitStatus[] = Object.entries(EXIT).map(([name, status]) => {
  const [brief, meaning = brief] = MEANINGS[name as keyof typeof EXIT];
  return { status, brief, meaning };
});

/** The sentence that ends `sallyport --help`, without the signals that only programs send; a status stays on one line. */
export function exitStatusText(width: number): string {
  const rare: readonly number[] = [EXIT.hangup, EXIT.terminated];
  const shown = EXIT_STATUSES.filter(({ status }) => !rare.includes(status));
  const parts = shown.map(({ status, brief }, at) => `${status} ${brief}${at === shown.length - 1 ? "." : ","}`);
  const lines = ["Exit status:"];
  for (const part of parts) {
    const longer = `${lines.at(-1)} ${part}`;
    if (longer.length > width) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines.join("\n");
}
