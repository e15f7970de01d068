import { DataAwsKeyPair } from "@cdktf/provider-aws/lib/data-aws-key-pair/index.js";
import { KeyPair as AwsKeyPair } from "@cdktf/provider-aws/lib/key-pair/index.js";
import { Construct } from "constructs";

export interface KeyPairProps {
  /** Name in EC2, unique per account and region. */
  readonly name: string;
  /** The public half, as one OpenSSH line. The private half never enters a stack. */
  readonly publicKey: string;
}

/** The public half of an SSH key pair, imported into EC2. */
export class KeyPair extends Construct {
  readonly keyPair: AwsKeyPair;

  constructor(scope: Construct, id: string, props: KeyPairProps) {
    super(scope, id);
    // EC2 drops trailing white space. Keeping it would cause a difference in every plan.
    this.keyPair = new AwsKeyPair(this, "KeyPair", { keyName: props.name, publicKey: props.publicKey.trim() });
  }

  get keyName(): string {
    return this.keyPair.keyName;
  }
}

/** A key pair that exists in EC2. Planning fails if EC2 has none of that name. */
export class ExistingKeyPair extends Construct {
  readonly keyName: string;

  constructor(scope: Construct, id: string, props: { readonly name: string }) {
    super(scope, id);
    this.keyName = new DataAwsKeyPair(this, "KeyPair", { keyName: props.name }).keyName;
  }
}

/** The login key: a public key to import, or the name of a pair in EC2. */
export type SshKey =
  | { readonly kind: "public-key"; readonly publicKey: string }
  | { readonly kind: "ec2"; readonly name: string };

/** @param props.name name in EC2 for an imported public key */
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
