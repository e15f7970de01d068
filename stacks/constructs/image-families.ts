/** The families of machine images that a configuration may name. Pure. */

export interface ImageFamily {
  /** Public SSM parameter of the newest x86-64 image. */
  readonly parameter: string;
  /** The login user that its cloud-init creates. */
  readonly sshUser: string;
  readonly rootDevice: string;
  /** The newest image needs more than {@link ROOT_VOLUME_GIB}, and they grow. */
  readonly isLarge?: true;
}

/** The size of a root volume that is given none. */
export const ROOT_VOLUME_GIB = 50;

const FAMILIES: Readonly<Record<string, ImageFamily>> = {
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

/** @returns undefined for the id of an image */
export function imageFamily(ami: string): ImageFamily | undefined {
  return Object.hasOwn(FAMILIES, ami) ? FAMILIES[ami] : undefined;
}

/** The login user of an image: its family's, or `ubuntu`. */
export function loginUser(ami: string): string {
  return imageFamily(ami)?.sshUser ?? "ubuntu";
}
