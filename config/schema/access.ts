/** The keys for the directories and addresses that hosts serve, and for the buckets that they use. */
import { Type } from "@sinclair/typebox";
import { defaulted } from "./shapes.js";

// Absolute, or "~" alone or with a path; no ".."; no characters with a meaning in unit files or mount lists.
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

/**
 * The characters that every service takes in tags, IAM and Lambda included; EC2 takes more. The prefix "aws:" is
 * reserved, in any case.
 */
const tagText = (from: number, to: number) => `(?![Aa][Ww][Ss]:)[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{${from},${to}}`;
const TAG_CHARACTERS = 'letters, digits, spaces and _ . : / = + - @, and "aws:" at the beginning is reserved for AWS';

export const accessKeys = {
  authorized_host_dirs: defaulted(
    Type.Array(dir, {
      default: ["~/shared"],
      minItems: 1,
      description:
        'Directories on the host that may be reached over HTTPS, and nothing else: "~/shared", "/data:ro", or { path, mode, name }. ~ is the home of the host\'s service user.',
      errorMessage: 'must be a list of directories such as ["~/shared", "/data:ro"]',
    }),
  ),
  serve_addresses: defaulted(
    Type.Boolean({
      default: false,
      description:
        "Each host's agent tells its public addresses at /api/cluster/ip-addresses, behind the token, so that others can follow them. See docs/tasks/follow-an-address-list.md.",
      errorMessage: "must be true or false",
    }),
  ),
  buckets: defaulted(
    Type.Array(
      Type.String({
        pattern: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        errorMessage: 'must be the name of an S3 bucket such as "my-data"',
      }),
      {
        default: [],
        uniqueItems: true,
        description: "S3 buckets that the hosts may list, read and write; no others.",
        errorMessage: "must be a list of different bucket names",
      },
    ),
  ),
  tags: defaulted(
    Type.Record(
      Type.String({ pattern: `^${tagText(1, 128)}$` }),
      Type.String({
        pattern: `^${tagText(0, 256)}$`,
        errorMessage: `must be text of at most 256 characters (in quotes if it is a number): ${TAG_CHARACTERS}`,
      }),
      {
        additionalProperties: false,
        default: {},
        description: "Tags on everything that is created.",
        errorMessage: `must be names of 1 to 128 characters with texts, such as { owner: "me" }: ${TAG_CHARACTERS}`,
      },
    ),
  ),
} as const;
