/** Parses the lines of `terraform -json` into progress lines and errors. Pure. */

type ChangeAction = "create" | "update" | "replace" | "delete";

export interface PlannedChange {
  readonly action: ChangeAction;
  readonly address: string;
  /** `aws_instance`. */
  readonly type: string;
  /** The construct's path if known, else the address. */
  readonly name: string;
}

/** One error from Terraform. */
export interface TerraformFailure {
  /** The construct's path if known, else the address; empty if the error concerns no resource. */
  readonly name: string;
  readonly summary: string;
  readonly detail: string;
}

interface Event {
  readonly type?: string;
  readonly "@message"?: string;
  readonly change?: { readonly resource?: Resource; readonly action?: string };
  readonly hook?: { readonly resource?: Resource; readonly action?: string; readonly elapsed_seconds?: number };
  readonly diagnostic?: Diagnostic;
}

interface Diagnostic {
  readonly severity?: string;
  readonly summary?: string;
  readonly detail?: string;
  readonly address?: string;
}

interface Resource {
  readonly addr?: string;
  readonly resource_type?: string;
}

const ACTIONS: ReadonlySet<string> = new Set<ChangeAction>(["create", "update", "replace", "delete"]);
const DONE: Readonly<Record<string, string>> = { create: "created", update: "updated", delete: "deleted" };
const DOING: Readonly<Record<string, string>> = { create: "creating", update: "updating", delete: "deleting" };

export class TerraformLog {
  readonly changes: PlannedChange[] = [];
  readonly failures: TerraformFailure[] = [];

  constructor(readonly nameOf: (address: string) => string) {}

  /** @returns a line worth showing, if there is one. */
  read(line: string): string | undefined {
    const event = parse(line);
    switch (event?.type) {
      case "planned_change":
        this.#planned(event);
        return undefined;
      case "apply_start":
      case "apply_progress":
        return this.#progress(event, DOING);
      case "apply_complete":
        return this.#progress(event, DONE);
      case "diagnostic":
        if (event.diagnostic?.severity === "error") this.#failed(event.diagnostic);
        return undefined;
      default:
        return undefined;
    }
  }

  /** The reasons for the failure, each once: the summary first, then its detail. */
  get explanation(): string {
    return [...new Set(this.failures.map(explain))].join("\n");
  }

  #planned({ change }: Event): void {
    const { addr, resource_type } = change?.resource ?? {};
    const action = change?.action ?? "";
    if (addr === undefined || !ACTIONS.has(action)) return;
    this.changes.push({
      action: action as ChangeAction,
      address: addr,
      type: resource_type ?? "",
      name: this.nameOf(addr),
    });
  }

  #failed({ summary = "", detail = "", address }: Diagnostic): void {
    this.failures.push({ name: address === undefined ? "" : this.nameOf(address), summary, detail });
  }

  #progress({ hook }: Event, words: Readonly<Record<string, string>>): string | undefined {
    const word = words[hook?.action ?? ""];
    const address = hook?.resource?.addr;
    if (word === undefined || address === undefined) return undefined;
    const seconds = hook?.elapsed_seconds;
    return `${word} ${this.nameOf(address)}${seconds ? ` (${seconds} s)` : ""}`;
  }
}

function explain({ name, summary, detail }: TerraformFailure): string {
  const details = detail
    .trim()
    .split("\n")
    .slice(0, 6)
    .map((text) => text.trim())
    .filter(Boolean);
  return [`${name === "" ? "" : `${name}: `}${summary.trim()}`, ...details].join("\n");
}

function parse(line: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
