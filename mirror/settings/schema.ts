/** The schema of mirror.yaml. A description is the second line of an error. */
import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };
const text = (description: string) => Type.String({ minLength: 1, description });

export const MirrorConfigSchema = Type.Object(
  {
    /** Holds all state. */
    dir: Type.String({ minLength: 1, default: "~", description: "an absolute path or one that begins with ~" }),
    listen: Type.Object(
      {
        address: Type.String({ minLength: 1, default: "127.0.0.1", description: "an address of this machine" }),
        port: Type.Integer({ minimum: 0, maximum: 65535, default: 8642, description: "a port, 1 to 65535" }),
      },
      { ...closed, default: {} },
    ),
    /** As clients write it, if that differs from the address above. */
    url: Type.Optional(
      Type.String({ pattern: "^https?://[A-Za-z0-9.\\[\\]:-]+$", description: "https://HOST:PORT without a path" }),
    ),
    tls: Type.Optional(
      Type.Object({ cert: text("a path or credential:NAME"), key: text("a path or credential:NAME") }, closed),
    ),
    /** The owner of every domain, a part of ARNs and URLs. */
    account: Type.String({ pattern: "^[0-9]{12}$", default: "123456789012", description: "twelve digits in quotes" }),
    region: Type.String({ pattern: "^[a-z0-9-]{2,32}$", default: "us-east-1", description: "a name of a region" }),
    /** Written like ~/.aws/credentials. */
    access_keys: Type.Optional(text("a path or credential:NAME")),
    /** Accepts any credentials; on the loopback only. */
    emulator: Type.Boolean({ default: false, description: "true or false" }),
    connections: Type.Record(Type.String(), text("the URL of an index, or a directory"), {
      default: {},
      description: 'a mapping such as {"public:pypi": "https://pypi.org/simple/"}',
    }),
  },
  closed,
);

export type MirrorConfig = Static<typeof MirrorConfigSchema>;
