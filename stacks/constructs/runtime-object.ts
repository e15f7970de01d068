import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { cloudOf } from "../names.js";

/** The archive that hosts install at boot; `buildRuntime` makes it. */
export interface RuntimeArchive {
  /** Absolute path of the `.tar.gz`. */
  readonly file: string;
  /** SHA-256 (hex) of the tar stream inside. The host checks this digest, which does not depend on the compression. */
  readonly sha256: string;
}

export interface RuntimeObjectProps {
  readonly bucket: string;
  readonly archive: RuntimeArchive;
  /** As of `HostAgentProps`. */
  readonly endpointUrl?: string | undefined;
}

/**
 * The agent's runtime in a private bucket of its own.
 *
 * Four separate means keep it private: the public access block, enforced ownership (ACLs do not count), encryption at
 * rest, and a bucket policy that grants nothing and denies plain HTTP, so that only roles with an explicit permission
 * may read.
 */
export class RuntimeObject extends Construct {
  readonly bucket: S3Bucket;
  readonly object: S3Object;
  readonly bucketName: string;
  readonly key: string;

  constructor(scope: Construct, id: string, props: RuntimeObjectProps) {
    super(scope, id);
    this.bucketName = props.bucket;
    this.key = `runtime/${props.archive.sha256}.tar.gz`;
    // A build can recreate the bucket's content, so destroying the stack empties it.
    this.bucket = new S3Bucket(this, "Bucket", { bucket: props.bucket, forceDestroy: true });
    const bucket = this.bucket.id;
    const accessBlock = new S3BucketPublicAccessBlock(this, "PublicAccessBlock", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const guards: TerraformResource[] = [
      accessBlock,
      new S3BucketOwnershipControls(this, "Ownership", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }),
      new S3BucketServerSideEncryptionConfigurationA(this, "Encryption", {
        bucket,
        rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      }),
      new S3BucketVersioningA(this, "Versioning", { bucket, versioningConfiguration: { status: "Enabled" } }),
    ];
    // An endpoint that speaks plain HTTP itself could not be used any more.
    if (!props.endpointUrl?.startsWith("http:")) {
      // S3 refuses a policy that is written while the access block is.
      const policy = denyPlainHttp(this.bucket.arn);
      guards.push(new S3BucketPolicy(this, "Policy", { bucket, policy, dependsOn: [accessBlock] }));
    }
    this.object = new S3Object(this, "Object", {
      bucket,
      key: this.key,
      source: props.archive.file,
      sourceHash: props.archive.sha256,
      contentType: "application/gzip",
      // An object takes 10 tags, other resources 50. The bucket carries the deployment's.
      overrideProvider: { defaultTags: { tags: {} } },
      dependsOn: guards,
    });
  }

  /** The URL from which a machine fetches it with its role. @param endpointUrl replaces the region's own endpoint */
  url(region: string, endpointUrl?: string): string {
    if (endpointUrl !== undefined) return `${endpointUrl.replace(/\/+$/, "")}/${this.bucketName}/${this.key}`;
    return `https://${this.bucketName}.s3.${region}.${cloudOf(region).dnsSuffix}/${this.key}`;
  }
}

function denyPlainHttp(bucketArn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "PlainHttp",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}
