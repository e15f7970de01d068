/**
 * The merge: every option makes claims (a port for a source), `firewall.cidr` and
 * `disable_public_ingress` re-source them, and equal ones become one row that remembers every step.
 *
 * Which rules come out does not depend on the order in which options, entries, ports or callers are
 * written; the order of the rows does, since people look for what they wrote where they wrote it:
 * http ports, 22, the callers', then the listed ones. A row that another one covers is reported and
 * stays: whoever wrote it may take the wider one back.
 */
import { Cidr, uniqueCidrs } from "./cidr.js";
import * as errors from "./errors.js";
import { type CheckedOptions, type FirewallOptions, readOptions } from "./options.js";
import { BUILT_IN, type Origins, writtenAt } from "./origins.js";
import { printSource, type Rule, ruleKey, type Source, tcpRule } from "./rule.js";

/** One thing that made a row what it is: who said it, where, and what it did. */
export interface Step {
  readonly option: string;
  readonly origin: string;
  readonly text: string;
}

export interface TableRow {
  readonly rule: Rule;
  /** The option that opened the port first, and where it stands. */
  readonly option: string;
  readonly origin: string;
  readonly why: readonly Step[];
}

/** Two claims or rows of which one would do. */
export interface Overlap {
  readonly kind: "duplicate" | "covered";
  readonly text: string;
}

export interface RuleTable {
  /** What the public group lets in. */
  readonly rows: readonly TableRow[];
  /** What a second group lets in from inside the VPC: ports whose public flag is off, with profile dask. */
  readonly internal: readonly TableRow[];
  /** Sentences for people, the overlaps among them. */
  readonly warnings: readonly string[];
  readonly overlaps: readonly Overlap[];
  readonly vpcCidr?: Cidr;
}

export interface TableContext {
  /** The callers' addresses, where `needsCaller(options)`. */
  readonly callers: readonly Cidr[];
  /** @default - not known yet: a reference, printed as `<vpc-cidr>` */
  readonly vpcCidr?: Cidr;
  readonly origins?: Origins;
}

interface Claim {
  readonly port: number;
  /** Who was meant before the VPC took their place. */
  readonly asked: Source;
  readonly source: Source;
  /** The step that a row is named after. */
  readonly opener: Step;
  readonly steps: readonly Step[];
}

const SSH = 22;
const EVERYBODY: Source = { kind: "cidr", cidr: Cidr.parse("0.0.0.0/0") };
const VPC: Source = { kind: "vpc" };

/**
 * @throws Fault as `readOptions` does, and if the options let callers in and none is given.
 *
 * @example
 * const { rows } = buildTable({ allow_ports: [22] }, { callers: [Cidr.host("203.0.113.7")] });
 */
export function buildTable(options: FirewallOptions, context: TableContext): RuleTable {
  const checked = readOptions(options, context.origins);
  const claims = new Claims(checked, context);
  const overlaps: Overlap[] = [];
  const rows = merge(claims.all(), overlaps);
  reportCovered(rows, context.vpcCidr, overlaps);
  return {
    rows,
    internal: merge(claims.internal(), []),
    warnings: [...checked.warnings, ...claims.warnings, ...overlaps.map(({ text }) => text)],
    overlaps,
    ...(context.vpcCidr === undefined ? {} : { vpcCidr: context.vpcCidr }),
  };
}

/** What each option asks for, in the order of the table. */
class Claims {
  readonly warnings: string[] = [];
  readonly #origins: Origins;

  constructor(
    readonly options: CheckedOptions,
    readonly context: TableContext,
  ) {
    this.#origins = context.origins ?? {};
  }

  all(): Claim[] {
    const claims = [...this.#flags(), ...this.#callers(), ...this.#firewall(), ...this.#ingress()];
    if (!this.options.disablePublicIngress) return claims;
    this.#warnOutside();
    return claims.map((claim) => this.#withinVpc(claim));
  }

  internal(): Claim[] {
    const { profile, disablePublicIngress, ingress, publicHttp, publicSsh, httpPorts } = this.options;
    // Without the profile a flag that is false means what its default means: nobody is let in by it.
    if (profile !== "dask" || disablePublicIngress || ingress !== undefined) return [];
    const inside = (option: string, ports: readonly number[]): Claim[] =>
      ports.map((port) => claim(port, VPC, this.#step(option, `is false: ${port} is for the VPC`)));
    return [
      ...(publicHttp ? [] : inside("enable_public_http", httpPorts)),
      ...(publicSsh ? [] : inside("enable_public_ssh", [SSH])),
    ];
  }

  /** The service ports, from everybody or from `firewall.cidr`. */
  *#flags(): Iterable<Claim> {
    const { options } = this;
    // With profile dask the service ports are open to the VPC when nobody else may come in, whatever the flags say.
    const anyway = options.disablePublicIngress && options.profile === "dask" && options.ingress === undefined;
    for (const [option, isOn, ports] of [
      ["enable_public_http", options.publicHttp, options.httpPorts],
      ["enable_public_ssh", options.publicSsh, [SSH]],
    ] as const) {
      if (!isOn && !anyway) continue;
      for (const port of ports) {
        const step = isOn
          ? this.#step(option, `opens ${port} to 0.0.0.0/0`)
          : this.#step(option, `is false, which disable_public_ingress overrides: ${port} is for the VPC`);
        yield this.#behindFirewall(claim(port, EVERYBODY, step, this.#profileSteps(option)));
      }
    }
  }

  #profileSteps(option: string): Step[] {
    const { profile, given } = this.options;
    return profile === "dask" && !given.has(option) ? [this.#step("profile", `dask turns ${option} on`)] : [];
  }

  #behindFirewall(asked: Claim): Claim {
    const { firewall } = this.options;
    if (firewall === undefined) return asked;
    const source: Source = { kind: "cidr", cidr: firewall.cidr };
    const takes = this.#step("firewall.cidr", `${firewall.cidr} takes the place of 0.0.0.0/0`);
    return { ...asked, asked: source, source, steps: [...asked.steps, ...this.#canonicalSteps(), takes] };
  }

  #canonicalSteps(): Step[] {
    const { firewall } = this.options;
    if (firewall === undefined || firewall.written === firewall.cidr.toString()) return [];
    return [this.#step("firewall.cidr", `"${firewall.written}" is read as ${firewall.cidr}`)];
  }

  *#callers(): Iterable<Claim> {
    const { callerPorts, disablePublicIngress } = this.options;
    if (callerPorts.length === 0) return;
    const callers = uniqueCidrs(this.context.callers);
    for (const caller of callers) if (caller.isEverybody) throw errors.everybody(caller.toString());
    if (callers.length === 0 && !disablePublicIngress) throw errors.noCaller("caller");
    const sources: Source[] = callers.map((cidr) => ({ kind: "cidr", cidr }));
    // Within the VPC it does not matter who the callers are, so nobody need look them up.
    for (const port of callerPorts) {
      for (const source of sources.length === 0 ? [VPC] : sources) {
        const who = source.kind === "vpc" ? "the callers" : printSource(source);
        const is = this.#step("caller", source.kind === "vpc" ? "is whoever" : `is ${who}`);
        const opens = this.#step("allow_ports", `opens ${port} to ${who}`);
        // Of two options that made a row together, it is named after one that somebody wrote.
        const opener = is.origin === BUILT_IN ? opens : is;
        yield { ...claim(port, source, opener), steps: [is, opens] };
      }
    }
  }

  *#firewall(): Iterable<Claim> {
    const { firewall } = this.options;
    if (firewall === undefined) return;
    for (const [index, port] of firewall.ports.entries()) {
      const opens = this.#step(`firewall.ports[${index}]`, `opens ${port} to ${firewall.cidr}`);
      yield claim(port, { kind: "cidr", cidr: firewall.cidr }, opens, this.#canonicalSteps());
    }
  }

  *#ingress(): Iterable<Claim> {
    for (const { ports, source, path } of this.options.ingress ?? []) {
      for (const port of ports) yield claim(port, source, this.#step(path, `opens ${port} to ${printSource(source)}`));
    }
  }

  /** The VPC takes the place of every source that is not known to lie inside it. */
  #withinVpc(asked: Claim): Claim {
    const { source } = asked;
    const { vpcCidr } = this.context;
    // Members of a group are in this VPC or in one that is peered with it: no public ingress.
    const stays =
      source.kind === "security-group" || (source.kind === "cidr" && vpcCidr?.contains(source.cidr) === true);
    const text = withinText(source, stays);
    const steps = [...asked.steps, this.#step("disable_public_ingress", text)];
    return { ...asked, source: stays ? source : VPC, steps };
  }

  #warnOutside(): void {
    const { vpcCidr } = this.context;
    const cidr = this.options.firewall?.cidr;
    if (vpcCidr === undefined || cidr === undefined || vpcCidr.contains(cidr)) return;
    const { origin } = this.#step("firewall.cidr", "");
    this.warnings.push(
      `firewall.cidr ${cidr} (${origin}) is not inside the VPC ${vpcCidr}: disable_public_ingress lets the whole VPC in, and nobody else`,
    );
  }

  #step(option: string, text: string): Step {
    const [key = option] = option.split(/[.[]/);
    // A prop that a program passed stands in no file.
    const origin = writtenAt(this.#origins, option) ?? (this.options.given.has(key) ? "given" : BUILT_IN);
    return { option, origin, text };
  }
}

function withinText(source: Source, stays: boolean): string {
  if (source.kind === "vpc") return "lets only the VPC in";
  return stays ? `leaves ${printSource(source)}, which is inside` : `the VPC takes the place of ${printSource(source)}`;
}

function claim(port: number, source: Source, opener: Step, before: readonly Step[] = []): Claim {
  return { port, asked: source, source, opener, steps: [...before, opener] };
}

/** Equal rules become one row, in the place of the first. */
function merge(claims: readonly Claim[], overlaps: Overlap[]): TableRow[] {
  const rows = new Map<string, { first: Claim; rule: Rule; why: Step[] }>();
  for (const claim of claims) {
    const rule = tcpRule(claim.port, claim.source);
    const row = rows.get(ruleKey(rule));
    if (row === undefined) {
      rows.set(ruleKey(rule), { first: claim, rule, why: [...claim.steps] });
      continue;
    }
    // Two sources that both became the VPC were not asked for twice.
    if (printSource(row.first.asked) === printSource(claim.asked)) {
      const who = `${claim.port} from ${printSource(claim.source)}`;
      const text = `${who} is asked for twice: by ${named(row.first.opener)} and by ${named(claim.opener)}`;
      overlaps.push({ kind: "duplicate", text });
    }
    const isNew = (step: Step) => !row.why.some(({ option, text }) => option === step.option && text === step.text);
    row.why.push(...claim.steps.filter(isNew));
  }
  return [...rows.values()].map(({ first, rule, why }) => {
    const { option, origin } = first.opener;
    return { rule, option, origin, why };
  });
}

const named = ({ option, origin }: { option: string; origin: string }): string => `${option} (${origin})`;

function reportCovered(rows: readonly TableRow[], vpcCidr: Cidr | undefined, overlaps: Overlap[]): void {
  for (const [index, row] of rows.entries()) {
    const cover = rows.find((other, place) => {
      if (place === index || !covers(other.rule, row.rule, vpcCidr)) return false;
      // Two rows may name the same addresses in two ways; then the later one is the one too many.
      return place < index || !covers(row.rule, other.rule, vpcCidr);
    });
    if (cover === undefined) continue;
    const text = `${row.rule.from} from ${printSource(row.rule.source)}, by ${named(row)}, is covered by ${printSource(cover.rule.source)}, by ${named(cover)}`;
    overlaps.push({ kind: "covered", text });
  }
}

function covers(wide: Rule, narrow: Rule, vpcCidr: Cidr | undefined): boolean {
  if (wide.from > narrow.from || wide.to < narrow.to) return false;
  const [outer, inner] = [blockOf(wide.source, vpcCidr), blockOf(narrow.source, vpcCidr)];
  if (outer === undefined) return false;
  // A VPC always has an IPv4 range, whichever it is.
  if (inner === undefined) return narrow.source.kind === "vpc" && outer.isEverybody && outer.family === 4;
  return outer.contains(inner);
}

function blockOf(source: Source, vpcCidr: Cidr | undefined): Cidr | undefined {
  if (source.kind === "cidr") return source.cidr;
  return source.kind === "vpc" ? vpcCidr : undefined;
}
