import { Annotations, Aspects, type IAspect, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { type Allowed, type Finding, openToWorld, type StackJson } from "../../firewall/guard/guard.js";

export interface CallerOnlyProps {
  /** Ports that may be open: `allowedBy(table)`, or `[{ port: 443, cidr: "0.0.0.0/0" }]`. @default - nothing */
  readonly allow?: readonly Allowed[];
}

/**
 * Fails synthesis if any security group of the app opens a port to the whole Internet without an entry in `allow`,
 * whatever construct, kind of rule, prefix list or override does it.
 *
 * It checks the JSON of whole stacks: once as an aspect, where errors carry the path of the construct, and again after
 * all stacks are synthesized, for changes by other aspects and for stacks added later.
 *
 * @example
 * const app = new App();
 * CallerOnly.guard(app, { allow: [{ port: 443, cidr: "0.0.0.0/0" }] });
 */
export class CallerOnly implements IAspect {
  readonly #allow: readonly Allowed[];
  readonly #reported = new Set<string>();

  // cdktf runs the aspects of stacks, never those of the app, so a guard added to the app would not run.
  private constructor(props: CallerOnlyProps) {
    this.#allow = props.allow ?? [];
  }

  /** Guards every stack of the app, or the one stack that is given. */
  static guard(scope: IConstruct, props: CallerOnlyProps = {}): CallerOnly {
    const guard = new CallerOnly(props);
    for (const stack of stacksIn(scope)) Aspects.of(stack).add(guard);
    scope.node.addValidation({ validate: () => guard.#judgeAll(scope) });
    return guard;
  }

  visit(node: IConstruct): void {
    if (!TerraformStack.isStack(node)) return;
    const { findings, unresolved } = this.#judge([node]);
    for (const finding of findings) {
      if (this.#isNews(finding)) Annotations.of(makerOf(finding, node)).addError(finding.text);
    }
    for (const { stack, address, text } of unresolved) {
      if (this.#isNews({ stack, text: `${address} ${text}` })) Annotations.of(node).addWarning(`${address}: ${text}`);
    }
  }

  /** Checks everything that the aspect could not see, without repeating its findings. */
  #judgeAll(scope: IConstruct): string[] {
    const { findings } = this.#judge(stacksIn(scope));
    return findings.filter((finding) => this.#isNews(finding)).map(({ stack, text }) => `[${stack}] ${text}`);
  }

  #judge(stacks: readonly TerraformStack[]) {
    const own = stacks.map(jsonOf);
    // A reference into another stack is resolved through that stack's outputs and lists.
    const others = own.some(({ json }) => JSON.stringify(json.data ?? null).includes("terraform_remote_state"))
      ? stacksIn(stacks[0]?.node.root)
          .filter((stack) => !stacks.includes(stack))
          .map(jsonOf)
      : [];
    const { findings, unresolved } = openToWorld([...own, ...others], { allow: this.#allow });
    const isOwn = ({ stack }: { stack: string }) => own.some(({ name }) => name === stack);
    return { findings: findings.filter(isOwn), unresolved: unresolved.filter(isOwn) };
  }

  #isNews({ stack, text }: { readonly stack: string; readonly text: string }): boolean {
    const key = `${stack} ${text}`;
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }
}

function stacksIn(scope: IConstruct | undefined): TerraformStack[] {
  return scope?.node.findAll().filter((node) => TerraformStack.isStack(node)) ?? [];
}

function jsonOf(stack: TerraformStack): StackJson {
  return { name: stack.node.path, json: stack.toTerraform() };
}

/** The construct whose resource opens the port; for an override of the stack, the stack itself. */
function makerOf({ openedBy }: Finding, stack: TerraformStack): IConstruct {
  const paths = openedBy.map(({ path }) => path);
  return stack.node.findAll().find(({ node }) => paths.includes(node.path)) ?? stack;
}
