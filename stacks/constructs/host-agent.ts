import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import type { HostDir } from "../../config/schema.js";
import type { AgentSettings } from "../boot/agent-settings.js";
import type { InitFiles } from "../boot/init/init-files.js";
import { bootScript } from "../boot/render-host.js";
import { cloudOf, globalName } from "../names.js";
import * as errors from "./errors.js";
import { ExistingRole, HostRole } from "./host-role.js";
import { HostSecrets, type SecretFile } from "./host-secrets.js";
import { type RuntimeArchive, RuntimeObject } from "./runtime-object.js";

export interface HostTls {
  /** The certificate in PEM: public, and part of the user data. */
  readonly certificate: string;
  readonly key: SecretFile;
}

export interface HostAgentProps {
  /** Unique name in the account: `lab-1a2b3c4d`. */
  readonly deployment: string;
  readonly region: string;
  /** Name of the runtime's bucket. @default - from `deployment` and `region`, which others could guess and take */
  readonly bucket?: string | undefined;
  /** From `buildRuntime()`. */
  readonly runtime: RuntimeArchive;
  /** @default - plain HTTP: everyone on the path can read everything, including the token */
  readonly tls?: HostTls | undefined;
  /** @default - no token: everyone admitted by the security group may read and write */
  readonly token?: SecretFile | undefined;
  /** Directories that the agent serves. @default - ~/shared of the service user, read and write */
  readonly directories?: readonly HostDir[];
  /** Whether the agents serve the hosts' public addresses, behind the token. @default false */
  readonly serveAddresses?: boolean;
  /** Buckets that the hosts' programs may use. @default - none */
  readonly buckets?: readonly string[];
  /** An existing role, left unchanged, in place of the kit's own. @default - a role with the agent's permissions */
  readonly role?: string;
  /** ARNs of further policies of the hosts' own role. @default - none */
  readonly policies?: readonly string[];
  /** Accelerators, limits and autostop of the agents. @default - their own defaults */
  readonly settings?: AgentSettings;
  /** The user's own script and configuration for the hosts' first boot. @default - neither */
  readonly init?: InitFiles;
  /** One AWS endpoint for all services, with path-style S3, in place of the region's own. @default - AWS itself */
  readonly endpointUrl?: string;
}

/** The resources that the agents of a deployment share: runtime, secrets and role. */
export class HostAgent extends Construct {
  readonly runtime: RuntimeObject;
  readonly secrets: HostSecrets;
  readonly role: HostRole | ExistingRole;
  /** `https`, or `http` if TLS is off. */
  readonly scheme: "https" | "http";
  readonly #props: HostAgentProps;

  constructor(scope: Construct, id: string, props: HostAgentProps) {
    super(scope, id);
    this.#props = props;
    this.scheme = props.tls === undefined ? "http" : "https";
    const name = globalName(props.deployment, props.region);
    const { bucket = name } = props;
    for (const [prop, value] of Object.entries({ deployment: props.deployment, region: props.region })) {
      // The boot script is encoded before Terraform sees it, so a token in it would never be resolved.
      if (Token.isUnresolved(value)) throw errors.unknownAtSynth(prop);
    }
    this.runtime = new RuntimeObject(this, "Runtime", {
      bucket,
      archive: props.runtime,
      endpointUrl: props.endpointUrl,
    });
    this.secrets = new HostSecrets(
      this,
      "Secrets",
      defined({
        prefix: `/sallyport/${props.deployment}`,
        tlsKey: props.tls === undefined ? undefined : props.tls.key,
        token: props.token,
      }),
    );
    this.role =
      props.role === undefined ? this.#ownRole(name) : new ExistingRole(this, "Role", { name, role: props.role });
  }

  #ownRole(name: string): HostRole {
    const { region, buckets, policies, settings } = this.#props;
    const { partition } = cloudOf(region);
    return new HostRole(
      this,
      "Role",
      defined({
        name,
        parameterArns: this.secrets.parameters.map((parameter) => parameter.arn),
        objectArns: [`arn:${partition}:s3:::${this.runtime.bucketName}/${this.runtime.key}`],
        buckets,
        policies,
        autostop: settings?.autostop === undefined ? undefined : settings.autostop.action,
        partition,
      }),
    );
  }

  /** Resources that must exist before a host boots. */
  get readyBefore(): ITerraformDependable[] {
    const granted = this.role instanceof HostRole ? [this.role.policy, ...this.role.attachments] : [];
    return [this.runtime.object, ...granted, ...this.secrets.parameters];
  }

  /** The boot script of one host or, without a name, of all machines of a fleet. */
  bootScript(host: { readonly name?: string; readonly sshUser: string }): string {
    const { tlsKeyName, tokenName } = this.secrets;
    const { region, runtime, tls, directories, endpointUrl, serveAddresses = false, settings, init } = this.#props;
    return bootScript(
      defined({
        host: host.name,
        sshUser: host.sshUser,
        region,
        serveAddresses,
        archive: { url: this.runtime.url(region, endpointUrl), sha256: runtime.sha256 },
        certificate: tls === undefined ? undefined : tls.certificate,
        tlsKeyParameter: tlsKeyName,
        tokenParameter: tokenName,
        directories,
        endpointUrl,
        settings,
        init,
      }),
    );
  }
}
