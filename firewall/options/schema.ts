/**
 * The firewall options as users write them: the one schema that the configuration is checked with, and
 * that the types, the JSON Schema and the docs come from.
 *
 * No option has a default here: whether a user wrote an option is part of its meaning, and the value
 * that holds without it depends on the others. `read-options.ts` judges whether they fit together.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

/** Read-only, including all lists and parts. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

export const port = Type.Integer({ minimum: 1, maximum: 65535, errorMessage: "must be a port from 1 to 65535" });

export const flag = (description: string) => Type.Boolean({ description, errorMessage: "must be true or false" });
const ports = (description: string) =>
  Type.Array(port, { description, errorMessage: "must be a list of ports such as [80, 443]" });
const block = Type.String({
  minLength: 1,
  description: "Block of addresses.",
  errorMessage: 'must be a block of addresses such as "203.0.113.0/24"',
});

export const prefixListId = Type.String({
  pattern: "^pl-[0-9a-f]{8,17}$",
  errorMessage: 'must be the id of a prefix list such as "pl-0123456789abcdef0"',
});

const firewall = Type.Object(
  { ports: Type.Optional(ports("Ports that the block may reach.")), cidr: Type.Optional(block) },
  {
    additionalProperties: false,
    description:
      "{ ports, cidr }: opens the ports to the block, which also takes the place of 0.0.0.0/0 in what the other options open.",
    errorMessage: 'must have ports and a cidr, such as { ports: [8443], cidr: "203.0.113.0/24" }',
  },
);

const ingressEntry = Type.Object(
  {
    ports: Type.Optional(ports("Ports that the source may reach.")),
    cidr: Type.Optional(block),
    prefix_list: Type.Optional(prefixListId),
    security_group: Type.Optional(
      Type.String({
        // A group of a peered account is written with the account's number.
        pattern: "^(?:[0-9]{12}/)?sg-[0-9a-f]{8,17}$",
        errorMessage: 'must be the id of a security group such as "sg-0123456789abcdef0"',
      }),
    ),
    max_entries: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, errorMessage: "must be a whole number from 1 to 1000" }),
    ),
  },
  { additionalProperties: false, errorMessage: "must have ports and a cidr, prefix_list or security_group" },
);

/** The options that have no default in a configuration file, in the order of its documentation. */
export const firewallOptionKeys = {
  profile: Type.Union([Type.Literal("http"), Type.Literal("dask")], {
    description: "Meaning of the firewall options: see docs/reference/firewall.md. Without it, http.",
    errorMessage: 'must be "http" or "dask"',
  }),
  http_ports: ports("Ports behind enable_public_http. Without it, 80 and 443; 8787 and 8786 with profile dask."),
  enable_public_ssh: flag("Open port 22 to everybody. Without it, false; true with profile dask."),
  enable_public_http: flag("Open http_ports to everybody. Without it, false; true with profile dask."),
  disable_public_ingress: flag("Whatever the other options open, let in only the VPC. Without it, false."),
  firewall,
  ingress: Type.Array(ingressEntry, {
    description:
      "The exact list, in place of firewall and the public flags: [{ ports, cidr }], or prefix_list or security_group in place of cidr.",
    errorMessage: 'must be a list such as [{ ports: [443], cidr: "203.0.113.0/24" }]',
  }),
} as const satisfies Record<string, TSchema>;

const callerText = Type.String({ minLength: 1 });

export const FirewallOptionsSchema = Type.Partial(
  Type.Object({
    ...firewallOptionKeys,
    allow_ports: ports("Ports for the callers. Without it, 22, 80 and 443."),
    caller: Type.Union([callerText, Type.Array(callerText)], {
      errorMessage: 'must be "auto", an address such as "203.0.113.7", or a list of addresses and CIDRs',
    }),
  }),
  { additionalProperties: false },
);

export type FirewallOptions = Frozen<Static<typeof FirewallOptionsSchema>>;
export type IngressEntry = Frozen<Static<typeof ingressEntry>>;
export type Profile = NonNullable<FirewallOptions["profile"]>;

/** The keys that configure the table, as a configuration file spells them. */
export const FIREWALL_OPTIONS = Object.keys(FirewallOptionsSchema.properties) as (keyof FirewallOptions)[];
