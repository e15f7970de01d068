/** Names of the resources of a deployment. The same inputs always give the same names. */
import { createHash } from "node:crypto";

export const STACK_NAME = "accelerator-hosts";
export const SYNC_STACK_NAME = "firewall-sync";
export const LAB_STACK_NAME = "lab-gateway";
export const MIRROR_STACK_NAME = "private-mirror";

/** In the order in which `cdktf list` names them. */
export const STACK_NAMES = [STACK_NAME, SYNC_STACK_NAME, LAB_STACK_NAME, MIRROR_STACK_NAME] as const;
export type StackName = (typeof STACK_NAMES)[number];

/** The tag that holds the id of the project, on all that it makes. */
export const PROJECT_TAG = "sallyport:project";
/** The tag that holds a machine's deployment: {@link hostsDeployment} or {@link gatewayDeployment}. */
export const DEPLOYMENT_TAG = "sallyport:deployment";
export const HOST_TAG = "sallyport:host";

/**
 * Makes a deployment's names unique within an account. Two people who both call theirs `sallyport` hold different SSH
 * keys, so they neither collide with nor share the other's role or parameters.
 */
export function deploymentSuffix(sshPublicKey: string): string {
  // The comment at the end of the line is not part of the key.
  const key = sshPublicKey.trim().split(/\s+/).slice(0, 2).join(" ");
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

/**
 * Replaces the public key in {@link deploymentSuffix} if EC2 keeps the pair: the pair's name. Two people who share one
 * pair must therefore give their deployments different names.
 */
export function ec2KeyPair(name: string): string {
  return `ec2-key-pair ${name.replaceAll(/\s/g, "_")}`;
}

/** `accelerator-1` … `accelerator-N`: construct ids are made from these, so a name never moves to another host. */
export function hostNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `accelerator-${index + 1}`);
}

export const hostsDeployment = (name: string, suffix: string): string => `${name}-${suffix}`;

/** A name different from that of the hosts' deployment, so that both may exist in one account. */
export const gatewayDeployment = (name: string, suffix: string): string => `${name}-${suffix}-gw`;

/** The ARN partition and DNS suffix of a region: China and GovCloud are separate clouds. */
export function cloudOf(region: string): { readonly partition: string; readonly dnsSuffix: string } {
  if (region.startsWith("cn-")) return { partition: "aws-cn", dnsSuffix: "amazonaws.com.cn" };
  return { partition: region.startsWith("us-gov-") ? "aws-us-gov" : "aws", dnsSuffix: "amazonaws.com" };
}

/**
 * Name of a bucket. Bucket names are unique in the world: a stranger who guesses one can take it first. So this one ends in
 * a digest of account, region and the project's random id. A deployment name has at most 44 characters: S3 allows 63.
 */
export function bucketName(
  deployment: string,
  of: { readonly projectId?: string; readonly account?: string; readonly region: string },
): string {
  const text = [of.projectId, of.account, of.region].join(" ");
  return `${deployment}-${createHash("sha256").update(text).digest("hex").slice(0, 18)}`;
}

/**
 * Name of a resource that is unique per account across regions: role, profile. A deployment name has at most 44
 * characters, so this has at most 59: IAM allows 64.
 */
export function globalName(deployment: string, region: string): string {
  return `${deployment}-${region}`;
}
