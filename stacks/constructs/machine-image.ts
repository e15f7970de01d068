import { DataAwsAmi } from "@cdktf/provider-aws/lib/data-aws-ami/index.js";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter/index.js";
import { Construct } from "constructs";
import * as errors from "./errors.js";
import { imageFamily, loginUser, ROOT_VOLUME_GIB } from "./image-families.js";

export interface MachineImageProps {
  /** A family (`ubuntu-24.04`, `al2023`, `deep-learning`, `neuron`) or an image id. @default "ubuntu-24.04" */
  readonly ami?: string;
  /** The image's login user. @default - the family's own; `ubuntu` for an image id */
  readonly sshUser?: string;
}

/** The image of a host, and its login user. */
export class MachineImage extends Construct {
  readonly imageId: string;
  readonly sshUser: string;
  /** The size of a root volume that is given none. Undefined: the image's own, which EC2 takes by itself. */
  readonly rootVolumeGib: number | undefined;
  readonly #rootDevice: string | undefined;

  constructor(scope: Construct, id: string, props: MachineImageProps = {}) {
    super(scope, id);
    const ami = props.ami ?? "ubuntu-24.04";
    const family = imageFamily(ami);
    if (family === undefined && !/^ami-[0-9a-f]{8,17}$/.test(ami)) throw errors.unknownAmi(ami);
    // Image ids are public. Without this, the provider marks the value, and everything derived from it, as secret.
    this.imageId =
      family === undefined ? ami : new DataAwsSsmParameter(this, "Newest", { name: family.parameter }).insecureValue;
    this.sshUser = props.sshUser ?? loginUser(ami);
    this.rootVolumeGib = family?.isLarge ? undefined : ROOT_VOLUME_GIB;
    this.#rootDevice = family?.rootDevice;
  }

  /** The root volume's device name for a launch template. For an image id, EC2 is asked. */
  get rootDevice(): string {
    if (this.#rootDevice !== undefined) return this.#rootDevice;
    const found = this.node.tryFindChild("Named") as DataAwsAmi | undefined;
    const image = found ?? new DataAwsAmi(this, "Named", { filter: [{ name: "image-id", values: [this.imageId] }] });
    return image.rootDeviceName;
  }
}
