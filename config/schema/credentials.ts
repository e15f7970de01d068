/** The keys for the SSH key pair, the certificate and the token. */
import { type Static, Type } from "@sinclair/typebox";
import { defaulted, type Immutable, localFile, oneOf, pathPattern } from "./shapes.js";

const certificateExpected = "must be the path of a certificate, or false for plain HTTP";

export const credentialKeys = {
  key_pair: defaulted(
    Type.Union(
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
            private_key: Type.Optional(localFile({ description: "Private half here, for sallyport ssh." })),
          },
          { additionalProperties: false },
        ),
        Type.Object(
          {
            public_key: localFile({ description: "OpenSSH public key." }),
            private_key: Type.Optional(localFile({ description: "Private half; without it, public_key less .pub." })),
          },
          { additionalProperties: false },
        ),
      ],
      {
        default: "sallyport",
        description:
          "SSH key pair: a name, not a path (~/.ssh/NAME.pem and .pub, made if missing); { name } of one that EC2 has; or { public_key } of your own. Both may have a private_key. See docs/tasks/choose-hosts.md.",
        errorMessage:
          "must be a name (letters, digits, dots, dashes and underscores), { name: KEY_PAIR_IN_EC2 } or { public_key: FILE }",
      },
    ),
  ),
  key_type: defaulted(
    oneOf(["rsa", "ed25519"] as const, {
      default: "rsa",
      description: "Type of a key pair that is made; an existing one must be of this type.",
    }),
  ),
  ssl_cert_crt: defaulted(
    Type.Union([Type.String({ pattern: pathPattern, errorMessage: certificateExpected }), Type.Literal(false)], {
      default: "~/.ssh/sallyport.crt",
      description:
        "Certificate of the hosts. false, and only that, means plain HTTP: everything can be read and changed on the way.",
      errorMessage: certificateExpected,
    }),
  ),
  ssl_cert_key: defaulted(
    localFile({
      default: "~/.ssh/sallyport.key",
      description: "Private key of the certificate. Give both files or neither.",
    }),
  ),
  ssl_cert_generate: defaulted(
    Type.Boolean({
      default: true,
      description:
        "Make certificate and key where there are none; an existing pair is reused. false: they must be there.",
      errorMessage: "must be true or false",
    }),
  ),
  ssl_cert_names: defaulted(
    Type.Array(
      Type.String({
        pattern: "^(?:(?:\\*\\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]+)$",
        errorMessage: 'must be a DNS name or an address such as "fpga.example.com" or "203.0.113.7"',
      }),
      {
        default: [],
        uniqueItems: true,
        description:
          'DNS names and addresses that a generated certificate names beside "*". With any of them, clients check the name too.',
        errorMessage: "must be a list of different DNS names and addresses",
      },
    ),
  ),
  auth: defaulted(
    oneOf(["token", "none"] as const, {
      default: "token",
      description:
        "token: every request but /healthz and /readyz needs the bearer token. none: everyone who reaches a host can use it.",
    }),
  ),
  auth_token_file: defaulted(
    localFile({
      default: "~/.ssh/sallyport.token",
      description: "File of the bearer token, made if missing, readable for its owner only.",
    }),
  ),
} as const;

/**
 * An SSH key pair: by its name in ~/.ssh, by its name in EC2, or by a public key file. `private_key` is the private
 * half.
 */
export type KeyPairConfig = Immutable<Static<typeof credentialKeys.key_pair>>;
