import { DataAwsKeyPair } from "@cdktf/provider-aws/lib/data-aws-key-pair/index.js";
import { KeyPair as AwsKeyPair } from "@cdktf/provider-aws/lib/key-pair/index.js";
import { Construct } from "constructs";

export interface KeyPairProps {
  /** Name in EC2; one per account and region. */
  readonly name: string;
  /** The public half, as one OpenSSH line. The private half never comes near a stack. */
  readonly publicKey: string;
}

/** The public half of an SSH key pair, imported into EC2. */
export class KeyPair extends Construct {
  readonly keyPair: AwsKeyPair;

  constructor(scope: Construct, id: string, props: KeyPairProps) {
    super(scope, id);
    // EC2 drops white space at the end; keeping it would be a difference in every plan.
    this.keyPair = new AwsKeyPair(this, "KeyPair", { keyName: props.name, publicKey: props.publicKey.trim() });
  }

  get keyName(): string {
    return this.keyPair.keyName;
  }
}

/** A key pair that EC2 has already; planning fails if it has none of that name. */
export class ExistingKeyPair extends Construct {
  readonly keyName: string;

  constructor(scope: Construct, id: string, props: { readonly name: string }) {
    super(scope, id);
    this.keyName = new DataAwsKeyPair(this, "KeyPair", { keyName: props.name }).keyName;
  }
}

/** Who may log in: the holder of a public key's other half, or of a pair that EC2 has under a name. */
export type SshKey =
  | { readonly kind: "public-key"; readonly publicKey: string }
  | { readonly kind: "ec2"; readonly name: string };

/** @param props.name in EC2, of a public key that is imported */
export function addKeyPair(
  scope: Construct,
  id: string,
  { name, key }: { readonly name: string; readonly key: SshKey },
): KeyPair | ExistingKeyPair {
  switch (key.kind) {
    case "public-key":
      return new KeyPair(scope, id, { name, publicKey: key.publicKey });
    case "ec2":
      return new ExistingKeyPair(scope, id, { name: key.name });
  }
}
