/** The keys of the firewall options and of the stack firewall-sync. */
import { type Static, Type } from "@sinclair/typebox";
import { firewallOptionKeys, prefixListId } from "../../firewall/options/schema.js";
import { flag, type Immutable, port, wholeNumber } from "./shapes.js";

const portOrRange = Type.Union(
  [port, Type.String({ pattern: "^[0-9]{1,5}-[0-9]{1,5}$", errorMessage: 'must be a range such as "8000-8010"' })],
  { errorMessage: 'must be a port, or a range such as "8000-8010"' },
);

const source = Type.String({
  minLength: 1,
  errorMessage: 'must be a source such as "faculty:https://example.my.faculty.ai"',
});

const parameter = (description: string) =>
  Type.String({
    description,
    pattern: "^/[A-Za-z0-9_./-]{1,1010}$",
    errorMessage: 'must be the name of a parameter such as "/sallyport/list-token"',
  });

const syncGroup = Type.Object(
  {
    group: Type.String({
      description: "Id of the group; hosts: that of the deployed hosts.",
      pattern: "^(?:hosts|sg-[0-9a-f]{8,17})$",
      errorMessage: 'must be the id of a security group such as "sg-0123456789abcdef0", or "hosts"',
    }),
    ports: Type.Optional(
      Type.Array(portOrRange, { minItems: 1, errorMessage: 'must be a list of ports such as [5432, "8000-8010"]' }),
    ),
    protocol: Type.Optional(
      Type.Union([Type.Literal("tcp"), Type.Literal("udp")], { errorMessage: 'must be "tcp" or "udp"' }),
    ),
  },
  { additionalProperties: false, errorMessage: "must have a group, and may have ports and a protocol" },
);

const firewallSync = Type.Object(
  {
    every: Type.Optional(
      Type.String({
        default: "5m",
        description: "Time between two runs.",
        pattern: "^[1-9][0-9]{0,3}[mhd]$",
        errorMessage: 'must be a time span such as "5m", "1h" or "1d"',
      }),
    ),
    source: Type.Optional(
      Type.Union([source, Type.Array(source, { minItems: 1 })], {
        description: "Where the list is, as in sallyport firewall sync; without it, only leases are ended.",
        errorMessage: 'must be a source such as "faculty:https://example.my.faculty.ai", or a list of them',
      }),
    ),
    owner: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        errorMessage: "must be up to 64 letters, digits, dots, underscores and hyphens",
      }),
    ),
    groups: Type.Optional(
      Type.Array(syncGroup, {
        errorMessage: "must be a list such as [{ group: sg-0123456789abcdef0, ports: [5432] }]",
      }),
    ),
    prefix_lists: Type.Optional(
      Type.Array(prefixListId, { errorMessage: "must be a list of ids such as [pl-0123456789abcdef0]" }),
    ),
    family: Type.Optional(Type.Union([Type.Literal(4), Type.Literal(6)], { errorMessage: "must be 4 or 6" })),
    token_parameter: Type.Optional(parameter("SecureString with the source's bearer token.")),
    basic_parameter: Type.Optional(parameter("SecureString with user:password for the source.")),
    max_shrink: Type.Optional(wholeNumber(0, 100, "percent")),
    allow_empty: Type.Optional(flag("Permit an empty list.")),
    allow_private: Type.Optional(flag("Permit private and reserved addresses.")),
    allow_everybody: Type.Optional(flag("Permit blocks that are as good as everybody.")),
    skip_invalid: Type.Optional(flag("Pass over what is not an address.")),
    quota: Type.Optional(wholeNumber(1, 1000)),
    log_retention_days: Type.Optional(
      Type.Union(
        ([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653] as const).map((days) =>
          Type.Literal(days),
        ),
        { errorMessage: "must be a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90 …" },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "What the stack firewall-sync follows: see docs/tasks/follow-an-address-list-with-lambda.md.",
    errorMessage: "must say what to follow, such as { source: …, groups: [{ group: sg-…, ports: [5432] }] }",
  },
);

export const firewallKeys = {
  ...firewallOptionKeys,
  firewall_sync: firewallSync,
} as const;

export type FirewallSyncConfig = Immutable<Static<typeof firewallSync>>;
