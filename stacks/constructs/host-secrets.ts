import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import * as errors from "./errors.js";

/** A private file on this machine, by path and version. Stacks never contain its content. */
export interface SecretFile {
  /** Absolute path. Terraform reads the file during apply. */
  readonly path: string;
  /** Changes when the content does; see `secretVersion`. */
  readonly version: number;
}

export interface HostSecretsProps {
  /** Prefix of the parameters' names: `/sallyport/lab-1a2b3c4d`. */
  readonly prefix: string;
  /** @default - the agent uses plain HTTP */
  readonly tlsKey?: SecretFile;
  /** @default - the agent requires no token */
  readonly token?: SecretFile;
}

/**
 * The host's secrets in SSM Parameter Store, as SecureStrings under the account's `aws/ssm` key.
 *
 * The values are write-only arguments, which appear in neither state nor plan. They do appear in Terraform's log at the
 * levels DEBUG and TRACE, at which this kit's commands refuse to run.
 */
export class HostSecrets extends Construct {
  /** Names of the parameters, as text that is known before apply. */
  readonly tlsKeyName: string | undefined;
  readonly tokenName: string | undefined;
  readonly parameters: readonly SsmParameter[];

  constructor(scope: Construct, id: string, props: HostSecretsProps) {
    super(scope, id);
    this.tlsKeyName = props.tlsKey && `${props.prefix}/tls-key`;
    this.tokenName = props.token && `${props.prefix}/token`;
    this.parameters = [
      ...(props.tlsKey ? [this.#parameter("TlsKey", `${props.prefix}/tls-key`, props.tlsKey)] : []),
      ...(props.token ? [this.#parameter("Token", `${props.prefix}/token`, props.token)] : []),
    ];
  }

  #parameter(id: string, name: string, file: SecretFile): SsmParameter {
    // The path becomes a literal in Terraform's language, and cdktf does not escape every character that is special
    // there.
    if (/["\\\p{Cc}]|[$%]\{/u.test(file.path)) throw errors.unsafePath(file.path);
    return new SsmParameter(this, id, {
      name,
      type: "SecureString",
      valueWo: Fn.file(file.path),
      valueWoVersion: file.version,
    });
  }
}
