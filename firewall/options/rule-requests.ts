/**
 * The rules that each option requests: a port for a source, with the steps that led there.
 * `firewall.cidr` and `disable_public_ingress` then replace the requested source.
 */
import { Cidr, uniqueCidrs } from "../../net/cidr.js";
import { printSource, type RuleSource } from "../../net/ingress-rule.js";
import * as errors from "../errors.js";
import { BUILT_IN, type Origins, writtenAt } from "./origins.js";
import type { CheckedOptions } from "./read-options.js";

/** One step in the making of a row: the option, where it is written, and its effect. */
export interface Step {
  readonly option: string;
  readonly origin: string;
  readonly text: string;
}

export interface TableContext {
  /** The callers' addresses, where `readOptions(options).needsCaller`. */
  readonly callers: readonly Cidr[];
  /** @default - not known yet: a reference, printed as `<vpc-cidr>` */
  readonly vpcCidr?: Cidr;
  readonly origins?: Origins;
}

export interface RuleRequest {
  readonly port: number;
  /** The source before the VPC replaced it. */
  readonly asked: RuleSource;
  readonly source: RuleSource;
  /** The step that names the row. */
  readonly opener: Step;
  readonly steps: readonly Step[];
}

const SSH = 22;
const EVERYBODY: RuleSource = { kind: "cidr", cidr: Cidr.parse("0.0.0.0/0") };
const VPC: RuleSource = { kind: "vpc" };

/** In the order of the table: http ports, 22, the callers' ports, then the listed ones. */
export class RuleRequests {
  readonly warnings: string[] = [];
  readonly #origins: Origins;

  constructor(
    readonly options: CheckedOptions,
    readonly context: TableContext,
  ) {
    this.#origins = context.origins ?? {};
  }

  all(): RuleRequest[] {
    const requests = [...this.#flags(), ...this.#callers(), ...this.#firewall(), ...this.#ingress()];
    if (!this.options.disablePublicIngress) return requests;
    this.#warnOutside();
    return requests.map((request) => this.#withinVpc(request));
  }

  internal(): RuleRequest[] {
    const { profile, disablePublicIngress, ingress, publicHttp, publicSsh, httpPorts } = this.options;
    // Without the profile, a false flag means the same as its default: it lets no source in.
    if (profile !== "dask" || disablePublicIngress || ingress !== undefined) return [];
    const inside = (option: string, ports: readonly number[]): RuleRequest[] =>
      ports.map((port) => request(port, VPC, this.#step(option, `is false: ${port} is for the VPC`)));
    return [
      ...(publicHttp ? [] : inside("enable_public_http", httpPorts)),
      ...(publicSsh ? [] : inside("enable_public_ssh", [SSH])),
    ];
  }

  /** The service ports, from everybody or from `firewall.cidr`. */
  *#flags(): Iterable<RuleRequest> {
    const { options } = this;
    // With profile dask and disable_public_ingress, the service ports are open to the VPC whatever the flags say.
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
        yield this.#behindFirewall(request(port, EVERYBODY, step, this.#profileSteps(option)));
      }
    }
  }

  #profileSteps(option: string): Step[] {
    const { profile, given } = this.options;
    return profile === "dask" && !given.has(option) ? [this.#step("profile", `dask turns ${option} on`)] : [];
  }

  #behindFirewall(asked: RuleRequest): RuleRequest {
    const { firewall } = this.options;
    if (firewall === undefined) return asked;
    const source: RuleSource = { kind: "cidr", cidr: firewall.cidr };
    const takes = this.#step("firewall.cidr", `${firewall.cidr} takes the place of 0.0.0.0/0`);
    return { ...asked, asked: source, source, steps: [...asked.steps, ...this.#canonicalSteps(), takes] };
  }

  #canonicalSteps(): Step[] {
    const { firewall } = this.options;
    if (firewall === undefined || firewall.written === firewall.cidr.toString()) return [];
    return [this.#step("firewall.cidr", `"${firewall.written}" is read as ${firewall.cidr}`)];
  }

  *#callers(): Iterable<RuleRequest> {
    const { callerPorts, disablePublicIngress } = this.options;
    if (callerPorts.length === 0) return;
    const callers = uniqueCidrs(this.context.callers);
    for (const caller of callers) if (caller.isEverybody) throw errors.everybody(caller.toString());
    if (callers.length === 0 && !disablePublicIngress) throw errors.noCaller("caller");
    const sources: RuleSource[] = callers.map((cidr) => ({ kind: "cidr", cidr }));
    // Within the VPC the callers' addresses do not matter, so they need no look-up.
    for (const port of callerPorts) {
      for (const source of sources.length === 0 ? [VPC] : sources) {
        const who = source.kind === "vpc" ? "the callers" : printSource(source);
        const is = this.#step("caller", source.kind === "vpc" ? "is whoever" : `is ${who}`);
        const opens = this.#step("allow_ports", `opens ${port} to ${who}`);
        // Two options made the row together; a written one names it.
        const opener = is.origin === BUILT_IN ? opens : is;
        yield { ...request(port, source, opener), steps: [is, opens] };
      }
    }
  }

  *#firewall(): Iterable<RuleRequest> {
    const { firewall } = this.options;
    if (firewall === undefined) return;
    for (const [index, port] of firewall.ports.entries()) {
      const opens = this.#step(`firewall.ports[${index}]`, `opens ${port} to ${firewall.cidr}`);
      yield request(port, { kind: "cidr", cidr: firewall.cidr }, opens, this.#canonicalSteps());
    }
  }

  *#ingress(): Iterable<RuleRequest> {
    for (const { ports, source, path } of this.options.ingress ?? []) {
      for (const port of ports)
        yield request(port, source, this.#step(path, `opens ${port} to ${printSource(source)}`));
    }
  }

  /** The VPC replaces every source that is not known to lie inside it. */
  #withinVpc(asked: RuleRequest): RuleRequest {
    const { source } = asked;
    const { vpcCidr } = this.context;
    // Members of a group are in this VPC or in a peered one: no public ingress.
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
    // A program's prop has no place in a file.
    const origin = writtenAt(this.#origins, option) ?? (this.options.given.has(key) ? "given" : BUILT_IN);
    return { option, origin, text };
  }
}

function withinText(source: RuleSource, stays: boolean): string {
  if (source.kind === "vpc") return "lets only the VPC in";
  return stays ? `leaves ${printSource(source)}, which is inside` : `the VPC takes the place of ${printSource(source)}`;
}

function request(port: number, source: RuleSource, opener: Step, before: readonly Step[] = []): RuleRequest {
  return { port, asked: source, source, opener, steps: [...before, opener] };
}
