import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission/index.js";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { SETTINGS_VARIABLE } from "../../firewall/lambda/settings.js";
import { SyncRole } from "../constructs/sync-role.js";
import { SYNC_STACK_NAME } from "../names.js";
import { addProvider } from "../terraform/backend.js";
import type { FirewallSyncInputs } from "./inputs.js";

/** `sallyport firewall sync` as a scheduled function: the stack that `sallyport up firewall-sync` provisions. */
export class FirewallSyncStack extends TerraformStack {
  constructor(scope: Construct, inputs: FirewallSyncInputs) {
    super(scope, SYNC_STACK_NAME);
    addProvider(this, SYNC_STACK_NAME, inputs);
    const { settings } = inputs;
    const { targets, credentials } = settings;
    const access = new SyncRole(
      this,
      "Access",
      defined({
        namePrefix: `${inputs.name}-sync-`,
        region: inputs.region,
        groupIds: unique(targets.flatMap((target) => (target.kind === "group" ? [target.groupId] : []))),
        prefixListIds: unique(
          targets.flatMap((target) => (target.kind === "prefix-list" ? [target.prefixListId] : [])),
        ),
        parameter: credentials === undefined ? undefined : credentials.parameter,
      }),
    );
    // AWS makes the role's name unique in the account. All other names derive from it.
    const { name } = access.role;
    const log = new CloudwatchLogGroup(this, "Log", {
      name: `/aws/lambda/${name}`,
      retentionInDays: inputs.logRetentionDays,
    });
    const follow = new LambdaFunction(this, "Function", {
      functionName: name,
      description: `Follows ${settings.sources.length === 0 ? "leases" : settings.owner}`,
      role: access.role.arn,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "firewall-sync.handler",
      filename: inputs.bundle.file,
      sourceCodeHash: inputs.bundle.sha256,
      memorySize: 256,
      // A source has 15 seconds, and EC2 its retries. A run that hangs must end before the next begins.
      timeout: 55,
      environment: { variables: { [SETTINGS_VARIABLE]: JSON.stringify(settings) } },
      // Without this log group, Lambda would create one that keeps everything forever.
      dependsOn: [log, access.allow(log.arn)],
    });
    const schedule = new CloudwatchEventRule(this, "Schedule", {
      name,
      description: "When the function runs",
      scheduleExpression: inputs.schedule,
    });
    new LambdaPermission(this, "Permission", {
      action: "lambda:InvokeFunction",
      functionName: follow.functionName,
      principal: "events.amazonaws.com",
      sourceArn: schedule.arn,
    });
    new CloudwatchEventTarget(this, "Target", { rule: schedule.name, arn: follow.arn });
    const output = (id: string, description: string, value: unknown) =>
      new TerraformOutput(this, id, { value, description, staticId: true });
    output("function_name", "The function", follow.functionName);
    output("log_group", "Where its runs are told", log.name);
    output("schedule", "When it runs", inputs.schedule);
  }
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
