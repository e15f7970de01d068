/** Names that a deployment gives to what it creates. The same inputs give the same names for ever. */
import { createHash } from "node:crypto";

export const STACK_NAME = "accelerator-hosts";
export const SYNC_STACK_NAME = "firewall-sync";
export const LAB_STACK_NAME = "lab-gateway";
export const MIRROR_STACK_NAME = "private-mirror";

/** In the order in which `cdktf list` names them. */
export const STACK_NAMES = [STACK_NAME, SYNC_STACK_NAME, LAB_STACK_NAME, MIRROR_STACK_NAME] as const;
export type StackName = (typeof STACK_NAMES)[number];

/**
 * What makes a deployment's names its own within an account: two people who both call theirs
 * `sallyport` hold different SSH keys, so neither meets nor shares the other's role or parameters.
 */
export function deploymentSuffix(sshPublicKey: string): string {
  // The comment at the end of the line is no part of the key.
  const key = sshPublicKey.trim().split(/\s+/).slice(0, 2).join(" ");
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

/**
 * What stands for the public key in {@link deploymentSuffix} where EC2 keeps it: the pair's name. Two
 * people who share one pair and call their deployments the same share its names too, so they need
 * different ones.
 */
export function ec2KeyPair(name: string): string {
  return `ec2-key-pair ${name.replaceAll(/\s/g, "_")}`;
}

/** `accelerator-1` … `accelerator-N`: construct ids are made of these, so a name never moves to another host. */
export function hostNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `accelerator-${index + 1}`);
}

/** Another name than the hosts' deployment has: both may stand in one account. */
export const gatewayDeployment = (name: string, suffix: string): string => `${name}-${suffix}-gw`;

/** The ARN partition and the DNS suffix of a region: China and GovCloud are clouds of their own. */
export function cloudOf(region: string): { readonly partition: string; readonly dnsSuffix: string } {
  if (region.startsWith("cn-")) return { partition: "aws-cn", dnsSuffix: "amazonaws.com.cn" };
  return { partition: region.startsWith("us-gov-") ? "aws-us-gov" : "aws", dnsSuffix: "amazonaws.com" };
}

/**
 * Name of what is one per account in every region (role, profile) or one in the world (bucket).
 * A deployment name has at most 32 characters, so this has at most 57: IAM takes 64, S3 takes 63.
 */
export function globalName(deployment: string, region: string): string {
  return `${deployment}-${region}`;
}
