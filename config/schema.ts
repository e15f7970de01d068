/**
 * What may stand in sallyport.yaml, and what the rest of the kit gets from it.
 *
 * The TypeBox schema is the one source: ajv checks with it, editors complete with the JSON file made
 * of it, and the tables in the docs and the template of `sallyport config init` are printed from it.
 * `errorMessage` is what an editor shows, and what a command says, about a value that does not fit.
 */
import { type Static, Type } from "@sinclair/typebox";
import { type AcceleratorConfig, type AgentLimitsConfig, agentKeys } from "./agent-schema.js";
import {
  type FirewallConfig,
  type FirewallSyncConfig,
  firewallKeys,
  type IngressConfig,
  port,
} from "./firewall-schema.js";
import { type ConnectConfig, gatewayKeys } from "./gateway-schema.js";
import { type FleetConfig, type HostOverride, hostKeys, type SpotConfig } from "./host-schema.js";
import { type LabGatewayConfig, labGatewayKeys } from "./lab-gateway-schema.js";
import { type PrivateMirrorConfig, privateMirrorKeys } from "./private-mirror-schema.js";

export type { AcceleratorConfig, AgentLimitsConfig } from "./agent-schema.js";
export type { FirewallConfig, FirewallSyncConfig, IngressConfig } from "./firewall-schema.js";
export type { ConnectConfig } from "./gateway-schema.js";
export type { FleetConfig, HostOverride, SpotConfig } from "./host-schema.js";
export type { LabGatewayConfig } from "./lab-gateway-schema.js";
export type { PrivateMirrorConfig } from "./private-mirror-schema.js";

/** An SSH key pair by its name here, one of EC2's, or one's own public key; `private_key` is the file that opens it. */
export type KeyPairConfig =
  | string
  | { readonly name: string; readonly private_key?: string }
  | { readonly public_key: string; readonly private_key?: string };

export type StopMode = "term" | "stop" | "keep";

export interface HostDir {
  readonly path: string;
  readonly mode: "rw" | "ro";
  readonly name: string;
}

/** The configuration as the rooms use it: every default filled in, every client-side path absolute. */
export interface Config {
  readonly name: string;
  readonly region: string;
  readonly instance_type: string;
  readonly ami: string;
  readonly count: number;
  readonly vpc_id?: string;
  readonly subnet_id?: string;
  readonly root_volume_gib: number;
  readonly allow_ports: readonly number[];
  readonly caller: "auto" | readonly string[];
  readonly profile?: "http" | "dask";
  readonly http_ports?: readonly number[];
  readonly enable_public_ssh?: boolean;
  readonly enable_public_http?: boolean;
  readonly disable_public_ingress?: boolean;
  readonly firewall?: FirewallConfig;
  readonly ingress?: readonly IngressConfig[];
  readonly firewall_sync?: FirewallSyncConfig;
  readonly ssh_user?: string;
  readonly host_name_prefix?: string;
  readonly hosts?: Readonly<Record<string, HostOverride>>;
  readonly fleet?: FleetConfig;
  readonly instance_id?: string;
  readonly host_ip?: string;
  readonly security_group?: string;
  readonly use_private_ip?: boolean;
  readonly spot: SpotConfig;
  readonly stop_mode?: StopMode;
  readonly role?: string;
  /** A list, however it was written. */
  readonly policy?: readonly string[];
  readonly init_script?: string;
  readonly init_config?: boolean | string;
  readonly boot_timeout: string;
  readonly accelerators: Readonly<Record<string, AcceleratorConfig>>;
  readonly autostop: false | string;
  readonly agent_limits?: AgentLimitsConfig;
  readonly gateway_url?: string;
  /** Absolute. */
  readonly gateway_cert?: string;
  /** Absolute. */
  readonly gateway_token_file?: string;
  readonly connect?: ConnectConfig;
  readonly lab_gateway?: LabGatewayConfig;
  readonly network?: "private-mirror";
  readonly private_mirror?: PrivateMirrorConfig;
  /** Paths absolute. */
  readonly key_pair: KeyPairConfig;
  readonly key_type: "rsa" | "ed25519";
  readonly ssl_cert_crt: string | false;
  readonly ssl_cert_key: string;
  readonly ssl_cert_generate: boolean;
  readonly ssl_cert_names: readonly string[];
  readonly auth: "token" | "none";
  readonly auth_token_file: string;
  readonly authorized_host_dirs: readonly HostDir[];
  readonly serve_addresses: boolean;
  readonly buckets: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export type ConfigKey = keyof Config;

// Absolute, or "~" alone or with a path; no ".."; nothing that a unit file or a mount list reads as syntax.
const dirPath = "(?:~(?![^/:])|/)(?!.*(?:^|/)\\.\\.(?:/|:|$))[^\\s\\x00-\\x1f\\x7f\"'\\\\$%:;]*";

const dirText = Type.String({
  pattern: `^${dirPath}(?::r[ow])?$`,
  errorMessage:
    'must be "/absolute" or "~/below-home", without "..", spaces or quotes, and may end with ":ro" or ":rw"',
});

const dirName = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
  description: "Name of the directory in URLs.",
  errorMessage: "must be letters, digits, dots, dashes and underscores, and begin with a letter or a digit",
});

const dir = Type.Union(
  [
    dirText,
    Type.Object(
      {
        path: Type.String({
          pattern: `^${dirPath}$`,
          description: "Absolute path on the host, or ~/… of the service user.",
          errorMessage: 'must be "/absolute" or "~/below-home", without "..", colons, spaces or quotes',
        }),
        mode: Type.Optional(
          Type.Union([Type.Literal("rw"), Type.Literal("ro")], {
            default: "rw",
            description: "rw: files may be sent, replaced and removed; ro: only fetched.",
            errorMessage: 'must be "rw" or "ro"',
          }),
        ),
        name: Type.Optional(dirName),
      },
      { additionalProperties: false, errorMessage: "must have a path, and may have a mode and a name" },
    ),
  ],
  { errorMessage: 'must be a path such as "~/shared" or "/data:ro", or { path: /data, mode: ro, name: data }' },
);

// YAML 1.2 reads no, off, yes and on as text: as a path they are always a mistake.
const notYamlBoolean = "(?!(?:[Nn][Oo]|[Oo][Ff][Ff]|[Yy][Ee][Ss]|[Oo][Nn])$)";
const pathPattern = `^${notYamlBoolean}[^\\x00-\\x1f\\x7f]+$`;
const certificateExpected = "must be the path of a certificate, or false for plain HTTP";
const localFile = (options: { default: string; description: string }) =>
  Type.String({ ...options, pattern: pathPattern, errorMessage: "must be the path of a file" });
const localPathText = (description: string) =>
  Type.String({ description, pattern: pathPattern, errorMessage: "must be the path of a file" });

const oneOf = <T extends string>(values: readonly T[], options: { default: T; description: string }) =>
  Type.Union(
    values.map((value) => Type.Literal(value)),
    { ...options, errorMessage: `must be ${values.map((value) => `"${value}"`).join(" or ")}` },
  );

const callerText = Type.String({ minLength: 1, errorMessage: 'must be an address or a CIDR such as "203.0.113.7/32"' });

/** The file's keys in the order in which people read them. */
const keys = {
  name: Type.String({
    default: "sallyport",
    description: "Name of the deployment; what it creates carries this name.",
    pattern: "^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$",
    errorMessage: "must be 1 to 32 lower-case letters, digits and dashes, and begin with a letter",
  }),
  region: Type.String({
    default: "us-east-1",
    description: "AWS region. AWS_REGION, then AWS_DEFAULT_REGION, stand in where no layer gives one.",
    pattern: "^[a-z]{2}(?:-[a-z]+)+-[0-9]+$",
    errorMessage: 'must be the name of a region such as "eu-west-1"',
  }),
  instance_type: Type.String({
    default: "f2.6xlarge",
    description: "EC2 instance type; it decides what an hour costs.",
    pattern: "^[a-z][a-z0-9-]*\\.[a-z0-9-]+$",
    errorMessage: 'must be an EC2 instance type such as "f2.6xlarge"',
  }),
  ami: Type.String({
    default: "ubuntu-24.04",
    description:
      "Machine image: a family (ubuntu-24.04, al2023, deep-learning, neuron), of which the newest image is taken, or the id of one image.",
    pattern: "^(?:ubuntu-24\\.04|al2023|deep-learning|neuron|ami-[0-9a-f]{8,17})$",
    errorMessage:
      'must be "ubuntu-24.04", "al2023", "deep-learning", "neuron" or an id such as "ami-0123456789abcdef0"',
  }),
  count: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 100,
    description: "Number of hosts: accelerator-1 to accelerator-N.",
    errorMessage: "must be a whole number from 1 to 100",
  }),
  vpc_id: Type.String({
    description: "Existing VPC, together with subnet_id; without it, the region's default VPC.",
    pattern: "^vpc-[0-9a-f]{8,17}$",
    errorMessage: 'must be the id of a VPC such as "vpc-0123456789abcdef0"',
  }),
  subnet_id: Type.String({
    description: "Existing subnet; without it, one of the default VPC's. Enough without vpc_id.",
    pattern: "^subnet-[0-9a-f]{8,17}$",
    errorMessage: 'must be the id of a subnet such as "subnet-0123456789abcdef0"',
  }),
  root_volume_gib: Type.Integer({
    default: 50,
    minimum: 8,
    maximum: 16384,
    description: "Size of the encrypted root volume, in GiB; it is deleted with the host.",
    errorMessage: "must be a whole number from 8 to 16384",
  }),
  allow_ports: Type.Array(port, {
    default: [22, 80, 443],
    minItems: 1,
    uniqueItems: true,
    description: "TCP ports that the caller, and nobody else, may reach.",
    errorMessage: "must be a list of different ports such as [22, 80, 443]",
  }),
  caller: Type.Union([callerText, Type.Array(callerText, { minItems: 1 })], {
    default: "auto",
    description:
      'Who may reach the host: "auto" (this machine\'s public address, found when deploying), or addresses and CIDRs.',
    errorMessage: 'must be "auto", an address such as "203.0.113.7", or a list of addresses and CIDRs',
  }),
  ...firewallKeys,
  ...hostKeys,
  ...agentKeys,
  ...gatewayKeys,
  ...labGatewayKeys,
  ...privateMirrorKeys,
  key_pair: Type.Union(
    [
      Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$" }),
      Type.Object(
        {
          name: Type.String({
            minLength: 1,
            maxLength: 255,
            description: "Name of the key pair in EC2.",
            errorMessage: "must be text of at most 255 characters",
          }),
          private_key: Type.Optional(localPathText("Private half here, for sallyport ssh.")),
        },
        { additionalProperties: false },
      ),
      Type.Object(
        {
          public_key: localPathText("OpenSSH public key."),
          private_key: Type.Optional(localPathText("Private half; without it, public_key less .pub.")),
        },
        { additionalProperties: false },
      ),
    ],
    {
      default: "sallyport",
      description:
        "SSH key pair: a name (~/.ssh/<name>.pem and .pub, made if missing), { name } of one that EC2 has, or { public_key } of your own.",
      errorMessage:
        "must be a name (letters, digits, dots, dashes and underscores), { name: KEY_PAIR_IN_EC2 } or { public_key: FILE }",
    },
  ),
  key_type: oneOf(["rsa", "ed25519"] as const, {
    default: "rsa",
    description: "Type of the SSH key pair that is made if there is none yet.",
  }),
  ssl_cert_crt: Type.Union(
    [Type.String({ pattern: pathPattern, errorMessage: certificateExpected }), Type.Literal(false)],
    {
      default: "~/.ssh/sallyport.crt",
      description: "Certificate of the hosts; false means plain HTTP, which anybody on the way can read and change.",
      errorMessage: certificateExpected,
    },
  ),
  ssl_cert_key: localFile({
    default: "~/.ssh/sallyport.key",
    description: "Private key of the certificate; give both files or neither.",
  }),
  ssl_cert_generate: Type.Boolean({
    default: true,
    description: "Make the certificate and its key if they do not exist yet; an existing pair is always reused.",
    errorMessage: "must be true or false",
  }),
  ssl_cert_names: Type.Array(
    Type.String({
      pattern: "^(?:(?:\\*\\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]+)$",
      errorMessage: 'must be a DNS name or an address such as "fpga.example.com" or "203.0.113.7"',
    }),
    {
      default: [],
      uniqueItems: true,
      description: 'DNS names and addresses that a generated certificate names beside "*".',
      errorMessage: "must be a list of different DNS names and addresses",
    },
  ),
  auth: oneOf(["token", "none"] as const, {
    default: "token",
    description: "token: every request but /healthz needs the bearer token; none: for closed networks only.",
  }),
  auth_token_file: localFile({
    default: "~/.ssh/sallyport.token",
    description: "File of the bearer token, made if missing.",
  }),
  authorized_host_dirs: Type.Array(dir, {
    default: ["~/shared"],
    minItems: 1,
    description:
      'Directories on the host that may be reached over HTTPS, and nothing else: "~/shared", "/data:ro", or { path, mode, name }. ~ is the home of the host\'s service user.',
    errorMessage: 'must be a list of directories such as ["~/shared", "/data:ro"]',
  }),
  serve_addresses: Type.Boolean({
    default: false,
    description: "Each host's agent tells its public addresses at /api/cluster/ip-addresses, behind the token.",
    errorMessage: "must be true or false",
  }),
  buckets: Type.Array(
    Type.String({
      pattern: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
      errorMessage: 'must be the name of an S3 bucket such as "my-data"',
    }),
    {
      default: [],
      uniqueItems: true,
      description: "S3 buckets that the host may list, read and write; no others.",
      errorMessage: "must be a list of different bucket names",
    },
  ),
  tags: Type.Record(
    Type.String({ pattern: "^(?!aws:)[^\\x00-\\x1f\\x7f]{1,128}$" }),
    Type.String({
      maxLength: 256,
      errorMessage: "must be text of at most 256 characters (in quotes if it is a number)",
    }),
    {
      additionalProperties: false,
      default: {},
      description: "Tags on everything that is created.",
      errorMessage: 'must be names with texts, such as { owner: "me" }; no name may begin with "aws:"',
    },
  ),
} as const;

/** What a file may hold: every key is optional, no other key is known. */
export const ConfigFileSchema = Type.Partial(Type.Object(keys), {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "sallyport.yaml",
  description: "Configuration of Sallyport. Keys that are left out keep their defaults.",
  additionalProperties: false,
});

export type ConfigFile = Static<typeof ConfigFileSchema>;

export const configKeys = Object.keys(keys) as readonly ConfigKey[];

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(keys, key);
}

/** The published JSON Schema, as the text of dist/config/sallyport.schema.json. */
export function schemaText(): string {
  return `${JSON.stringify(ConfigFileSchema, null, 2)}\n`;
}
