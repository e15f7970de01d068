/**
 * The keys for a gateway's users: its address, its certificate, and the programs that connect to machines behind it.
 */
import { Type } from "@sinclair/typebox";
import { localFile } from "./shapes.js";

const words = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description,
      errorMessage: 'must be a list of words such as ["/opt/viewer/bin/viewer", "{host}:{port}"]',
    }),
  );

const connect = Type.Object(
  {
    ssh: words("Program for --protocol ssh."),
    scp: words("Program for --protocol scp."),
    sftp: words("Program for --protocol sftp."),
    rdp: words("Program for --protocol rdp."),
    https: words("Program for --protocol https and mgmt."),
    vnc: words("Program for --protocol vnc."),
    console: words("Program for --protocol console."),
  },
  {
    additionalProperties: false,
    description:
      "Programs of sallyport connect, by protocol, each a list of words. One word is a program that the kit knows; in more, {host}, {port}, {user}, {name}, {url} and {known_hosts} are filled in.",
    errorMessage: 'must be protocols with lists of words, such as { rdp: [xfreerdp3, "/v:{host}:{port}"] }',
  },
);

export const gatewayKeys = {
  gateway_url: Type.String({
    description:
      "The gateway of sallyport connect, portmap and usage, such as https://gateway.example.com. See docs/tasks/connect-to-lab-machines.md.",
    pattern: "^https://[^\\s/?#@]+/?$",
    errorMessage: 'must be https:// and a host, such as "https://gateway.example.com"',
  }),
  gateway_cert: localFile({
    description: "Certificate of the gateway, or of the CA that issued it. Without it, the public CAs.",
  }),
  gateway_token_file: localFile({
    description: "File of the gateway's token. Without it, the one that sallyport portmap login kept.",
  }),
  connect,
} as const;

/** The keys among them whose values are paths on this machine. */
export const gatewayPaths = ["gateway_cert", "gateway_token_file"] as const;
