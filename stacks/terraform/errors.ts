import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";
import { shellWord } from "../../base/text/shell.js";
import type { StackName } from "../names.js";
import { remedyFor } from "./remedies.js";
import type { TerraformFailure } from "./terraform-log.js";

export const logWithSecrets = (variable: string, value: string): Fault =>
  new Fault("stacks/leaky-log", `${variable}=${quote(value)} would print private keys`, {
    hint: `at that level Terraform logs write-only values; unset ${variable}, or set it to INFO`,
    exit: EXIT.usage,
  });

export const noTerraform = (tried: readonly string[]): Fault =>
  new Fault(
    "stacks/no-terraform",
    `there is no Terraform: ${tried.map((name) => quote(name)).join(" and ")} not found on PATH`,
    {
      hint: "install Terraform >= 1.11 (https://developer.hashicorp.com/terraform/install) or OpenTofu >= 1.11, or name one in TERRAFORM_BINARY_NAME",
    },
  );

export const oldTerraform = (binary: string, version: string): Fault =>
  new Fault("stacks/old-terraform", `${quote(binary)} is version ${quote(version)}; 1.11 or newer is needed`, {
    hint: "older ones cannot pass a secret without writing it to the state",
  });

/** Carries Terraform's diagnostics, for callers that can react to them. */
export class TerraformFault extends Fault {
  constructor(
    readonly failures: readonly TerraformFailure[],
    ...rest: ConstructorParameters<typeof Fault>
  ) {
    super(...rest);
  }
}

export const terraformFailed = (step: string, said: string, failures: readonly TerraformFailure[] = []): Fault =>
  new TerraformFault(
    failures,
    "stacks/terraform-failed",
    `terraform ${step} failed${said === "" ? "" : `: ${said.split("\n", 1)[0]}`}`,
    defined({
      hint: [...said.split("\n").slice(1), remedyFor(said) ?? ""].filter(Boolean).join("\n") || undefined,
    }),
  );

export const cdktfWorkspace = (workspace: string): Fault =>
  new Fault(
    "stacks/cdktf-workspace",
    `TF_WORKSPACE=${quote(workspace)} would put the state where sallyport's commands do not find it`,
    { hint: "unset TF_WORKSPACE; for a second deployment use a directory and a name: of its own", exit: EXIT.usage },
  );

export const otherWorkspace = (dir: string, workspace: string): Fault =>
  new Fault(
    "stacks/other-workspace",
    `there are resources in Terraform's workspace ${quote(workspace)} in ${quote(dir)}, and sallyport uses the default one`,
    {
      hint: `remove them first: TF_WORKSPACE=${shellWord(workspace)} terraform -chdir=${shellWord(dir)} destroy`,
      exit: EXIT.conflict,
    },
  );

export const interrupted = (step: string): Fault =>
  new Fault(
    "stacks/interrupted",
    step === "apply"
      ? "terraform apply was interrupted; the state has all that AWS had answered by then"
      : `terraform ${step} was interrupted; nothing was changed`,
    {
      hint:
        step === "apply"
          ? 'run the same command again to go on from there; "sallyport status" names what AWS made nevertheless'
          : "run the same command again",
      exit: EXIT.interrupted,
    },
  );

export const badState = (file: string, stack: StackName, cause?: unknown): Fault =>
  new Fault("stacks/bad-state", `${quote(file)} is not a Terraform state of ${stack}`, { cause });
