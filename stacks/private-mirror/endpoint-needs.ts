/**
 * Determines which AWS services a machine without Internet access must reach, and so which endpoints its network needs.
 * Pure, and the only place for this decision.
 *
 * A host's boot contacts instance metadata for credentials (link-local, no endpoint), S3 for the runtime, and Parameter
 * Store for its secrets. With autostop, its agent calls EC2 to end the machine. STS is not needed: EC2 hands out the
 * role's credentials itself.
 */

import type { EndpointService } from "../../config/schema/private-mirror.js";
import type { BucketGrant } from "../constructs/network/mirror-policies.js";

export interface EndpointNeeds {
  /** Sorted. */
  readonly services: readonly EndpointService[];
  /** Empty: no access to S3. */
  readonly buckets: readonly BucketGrant[];
}

export interface MachineFacts {
  readonly partition: string;
  /** Bucket of its runtime. */
  readonly runtimeBucket: string;
  /** Whether it fetches a TLS key or a token. */
  readonly hasSecrets: boolean;
  readonly autostop: boolean;
  /** Buckets that its programs use. */
  readonly dataBuckets: readonly string[];
}

export function machineNeeds(machine: MachineFacts): EndpointNeeds {
  const arn = (rest: string) => `arn:${machine.partition}:s3:::${rest}`;
  const data = [...new Set(machine.dataBuckets)].sort();
  return needs(
    [...(machine.hasSecrets ? ["ssm" as const] : []), ...(machine.autostop ? ["ec2" as const] : [])],
    [
      { sid: "Runtime", actions: ["s3:GetObject"], resources: [arn(`${machine.runtimeBucket}/runtime/*`)] },
      { sid: "ListNamedBuckets", actions: ["s3:ListBucket"], resources: data.map(arn) },
      {
        sid: "UseNamedBuckets",
        actions: ["s3:GetObject", "s3:PutObject"],
        resources: data.map((bucket) => arn(`${bucket}/*`)),
      },
    ],
  );
}

/** Formats whose assets CodeArtifact serves itself. It keeps those of other formats in its own bucket. */
const SERVED_DIRECTLY = ["pypi", "swift"];

/** @param assetBucketArn the domain's `s3_bucket_arn` */
export function formatNeeds(formats: readonly string[], assetBucketArn: string): EndpointNeeds {
  const fromS3 = formats.some((format) => !SERVED_DIRECTLY.includes(format));
  return needs(
    [],
    fromS3 ? [{ sid: "PackageAssets", actions: ["s3:GetObject"], resources: [`${assetBucketArn}/*`] }] : [],
  );
}

/** The union of several needs, without duplicates. */
export function joinNeeds(all: readonly EndpointNeeds[]): EndpointNeeds {
  const bySid = new Map<string, BucketGrant>();
  for (const grant of all.flatMap(({ buckets }) => buckets)) {
    const before = bySid.get(grant.sid)?.resources ?? [];
    bySid.set(grant.sid, { ...grant, resources: [...new Set([...before, ...grant.resources])].sort() });
  }
  return needs(
    all.flatMap(({ services }) => services),
    [...bySid.values()],
  );
}

/** Describes the needs that a network does not meet; empty if it meets all. */
export function unmetNeeds(
  { services, buckets }: EndpointNeeds,
  has: { readonly services: readonly string[]; readonly buckets: readonly string[] },
): string[] {
  const resources = buckets.flatMap((grant) => grant.resources);
  return [
    ...services.filter((service) => !has.services.includes(service)),
    ...[...new Set(resources)].filter((resource) => !has.buckets.includes(resource)),
  ];
}

function needs(services: readonly EndpointService[], buckets: readonly BucketGrant[]): EndpointNeeds {
  return {
    services: [...new Set(services)].sort(),
    buckets: buckets.filter(({ resources }) => resources.length > 0),
  };
}
