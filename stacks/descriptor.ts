/** A stack as the kit sees it: one value per folder, listed in registry.ts. */
import type { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Config, LoadedConfig } from "../config/load.js";
import type { RuleTable } from "../firewall/options/table.js";
import type { Deployment, DeployOptions } from "./lifecycle/deployment.js";
import type { StackName } from "./names.js";
import type { WantedMachines } from "./preflight/wanted.js";
import type { PrepareOptions } from "./prepare/options.js";
import type { DeploymentTarget } from "./prepare/target.js";
import type { Claim } from "./untracked/claims.js";

/** The context of a stack's own way of applying. */
export interface ApplyContext<Inputs> {
  readonly inputs: Inputs;
  readonly config: Config;
  readonly options: DeployOptions;
  /** The deployment that the user has seen and agreed to. */
  readonly first: Deployment;
  /** Plans again with other inputs. */
  planAgain(inputs: Inputs): Promise<Deployment>;
}

export interface StackDescriptor<Inputs extends DeploymentTarget, Outputs> {
  readonly name: StackName;
  /** Whether sallyport.yaml asks for the stack. */
  readonly isConfigured: (config: Config) => boolean;
  /** Further stacks whose outputs this one uses, and which must therefore be in the same place. @default - none */
  readonly reads?: (config: Config) => readonly StackName[];
  /** The machines that it makes, about which AWS is asked first. @default - none */
  readonly machines?: (config: Config) => readonly WantedMachines[];
  /** Collects everything that must be known before synth. */
  readonly prepare: (loaded: LoadedConfig, options: PrepareOptions) => Promise<Inputs>;
  readonly stack: new (scope: Construct, inputs: Inputs) => TerraformStack;
  /** The stack's firewall rules, which users see before the plan. @default - none */
  readonly rules?: (inputs: Inputs) => RuleTable | undefined;
  /** The name that a second deployment from elsewhere would take too. @default - there are no machines */
  readonly deployment?: (inputs: Inputs) => string | undefined;
  /** Further such names, of stacks without machines. @default - none */
  readonly claim?: (inputs: Inputs) => Claim;
  /** @default - applies the plan */
  readonly apply?: (context: ApplyContext<Inputs>) => Promise<void>;
  /** Removes notes beside the state of a removed stack. @default - there are none */
  readonly forget?: (projectDir: string) => Promise<void>;
  /** @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
  readonly readOutputs: (project: { readonly projectDir: string }) => Promise<Outputs>;
  /** The outputs as text. */
  readonly outputsText: (outputs: Outputs) => string;
}

/** A stack with its inputs, ready for synth. */
export interface PreparedStack {
  readonly name: StackName;
  readonly rules: RuleTable | undefined;
  readonly deployment: string | undefined;
  readonly claim: Claim | undefined;
  addTo(app: App): void;
  /** @param plan synthesizes a stack and plans it */
  deploy(
    plan: (stack: PreparedStack) => Promise<Deployment>,
    config: Config,
    options: DeployOptions,
  ): Promise<Deployment>;
}

/** A stack of the registry, whatever the type of its inputs. */
export interface AnyStack
  extends Pick<
    StackDescriptor<DeploymentTarget, object>,
    "name" | "isConfigured" | "reads" | "machines" | "forget" | "readOutputs"
  > {
  prepareStack(loaded: LoadedConfig, options: PrepareOptions): Promise<PreparedStack>;
  /** The outputs, as values and as text. */
  describeOutputs(project: {
    readonly projectDir: string;
  }): Promise<{ readonly outputs: object; readonly text: string }>;
}

export type DefinedStack<Inputs extends DeploymentTarget, Outputs> = StackDescriptor<Inputs, Outputs> &
  AnyStack & { with(inputs: Inputs): PreparedStack };

export function defineStack<Inputs extends DeploymentTarget, Outputs extends object>(
  descriptor: StackDescriptor<Inputs, Outputs>,
): DefinedStack<Inputs, Outputs> {
  const { name, stack: Stack, apply } = descriptor;
  const withInputs = (inputs: Inputs): PreparedStack => ({
    name,
    rules: descriptor.rules?.(inputs),
    deployment: descriptor.deployment?.(inputs),
    claim: descriptor.claim?.(inputs),
    addTo: (app) => void new Stack(app, inputs),
    deploy: async (plan, config, options) => {
      const first = await plan(withInputs(inputs));
      const planAgain = (changed: Inputs) => plan(withInputs(changed));
      return {
        changes: first.changes,
        apply: () => (apply === undefined ? first.apply() : apply({ inputs, config, options, first, planAgain })),
      };
    },
  });
  return {
    ...descriptor,
    with: withInputs,
    prepareStack: async (loaded, options) => withInputs(await descriptor.prepare(loaded, options)),
    describeOutputs: async (project) => {
      const outputs = await descriptor.readOutputs(project);
      return { outputs, text: descriptor.outputsText(outputs) };
    },
  };
}
