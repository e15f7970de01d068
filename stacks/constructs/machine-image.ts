import { DataAwsAmi } from "@cdktf/provider-aws/lib/data-aws-ami/index.js";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter/index.js";
import { Construct } from "constructs";
import * as errors from "./errors.js";

/**
 * Image families. Each has the public SSM parameter of its newest x86-64 image, the login user that its cloud-init
 * creates, and its root device. The newest images of some families need more than {@link ROOT_VOLUME_GIB}, and they grow.
 */
const FAMILIES: Readonly<
  Record<
    string,
    { readonly parameter: string; readonly sshUser: string; readonly rootDevice: string; readonly isLarge?: true }
  >
> = {
  "ubuntu-24.04": {
    parameter: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    sshUser: "ubuntu",
    rootDevice: "/dev/sda1",
  },
  al2023: {
    parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    sshUser: "ec2-user",
    rootDevice: "/dev/xvda",
  },
  "deep-learning": {
    parameter: "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
    sshUser: "ubuntu",
    rootDevice: "/dev/sda1",
    isLarge: true,
  },
  neuron: {
    parameter: "/aws/service/neuron/dlami/multi-framework/ubuntu-24.04/latest/image_id",
    sshUser: "ubuntu",
    rootDevice: "/dev/sda1",
    isLarge: true,
  },
};

const ROOT_VOLUME_GIB = 50;

export interface MachineImageProps {
  /** A family (`ubuntu-24.04`, `al2023`, `deep-learning`, `neuron`) or an image id. @default "ubuntu-24.04" */
  readonly ami?: string;
  /** The image's login user. @default - the family's own; `ubuntu` for an image id */
  readonly sshUser?: string;
}

/** The login user of an image: its family's, or `ubuntu`. */
export function loginUser(ami: string): string {
  return (Object.hasOwn(FAMILIES, ami) ? FAMILIES[ami]?.sshUser : undefined) ?? "ubuntu";
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
    const family = Object.hasOwn(FAMILIES, ami) ? FAMILIES[ami] : undefined;
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
