import { DataAwsInstance } from "@cdktf/provider-aws/lib/data-aws-instance/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";

/** An existing machine: read, never changed. Planning fails if no instance has that id. */
export class ExistingHost extends Construct {
  readonly instance: DataAwsInstance;
  /** The public address, or the private one if there is none. */
  readonly address: string;

  constructor(scope: Construct, id: string, props: { readonly instanceId: string; readonly privateAddress?: boolean }) {
    super(scope, id);
    this.instance = new DataAwsInstance(this, "Instance", { instanceId: props.instanceId });
    const { publicIp, privateIp } = this.instance;
    this.address = props.privateAddress ? privateIp : Fn.coalesce([publicIp, privateIp]);
  }
}
