/** The schema of sallyport.yaml as a page: the keys of each part, then the members of those that hold mappings. */
import type { TSchema } from "@sinclair/typebox";
import { describeKeys, type KeyDescription } from "../../../config/describe.js";
import { accessKeys } from "../../../config/schema/access.js";
import { agentKeys } from "../../../config/schema/agent.js";
import { credentialKeys } from "../../../config/schema/credentials.js";
import { deploymentKeys } from "../../../config/schema/deployment.js";
import { firewallKeys } from "../../../config/schema/firewall.js";
import { gatewayKeys } from "../../../config/schema/gateway.js";
import { hostKeys } from "../../../config/schema/hosts.js";
import { labGatewayKeys } from "../../../config/schema/lab-gateway.js";
import { privateMirrorKeys } from "../../../config/schema/private-mirror.js";
import { ConfigFileSchema, type ConfigKey } from "../../../config/schema.js";
import { flow } from "../../../config/template.js";
import { otherVariables } from "../../../config/text-layers.js";
import { code, described, table } from "./markdown.js";
import { memberTable } from "./members.js";

const PARTS: Readonly<Record<string, object>> = {
  "The deployment": deploymentKeys,
  "The firewall": firewallKeys,
  Hosts: hostKeys,
  "The agent": agentKeys,
  "Gateways as their users see them": gatewayKeys,
  "A lab's gateway": labGatewayKeys,
  "The private network": privateMirrorKeys,
  "Keys, certificate and token": credentialKeys,
  Access: accessKeys,
};

/** Who reads a key that not the stack of the hosts alone reads. */
const READERS: Partial<Record<ConfigKey, string>> = {
  name: "all",
  region: "all",
  tags: "all",
  caller: "hosts, lab-gateway",
  ssl_cert_crt: "hosts, lab-gateway",
  ssl_cert_key: "hosts, lab-gateway",
  firewall_sync: "firewall-sync",
  lab_gateway: "lab-gateway",
  network: "hosts, lab-gateway, private-mirror",
  private_mirror: "private-mirror",
  gateway_url: "commands",
  gateway_cert: "commands",
  gateway_token_file: "commands",
  connect: "commands",
};

const HEAD = `# Configuration keys

Every key of \`sallyport.yaml\`, generated from the schema. [Configuration](configuration.md) explains files, layers and mistakes.
The column *for* names the reader: \`hosts\` is the stack \`accelerator-hosts\`, and \`commands\` are those for a gateway's users.
A key without a default may be left out, and its text says what holds then.`;

export function configPage(): string {
  const keys = new Map(describeKeys().map((each) => [each.key, each]));
  const parts = Object.entries(PARTS).map(([title, part]) => {
    const own = [...keys.values()].filter(({ key }) => Object.hasOwn(part, key));
    return [`## ${title}`, table(["key", "type", "default", "for", ""], own.map(row)), ...own.flatMap(members)].join(
      "\n\n",
    );
  });
  const variables = [
    "## Variables",
    "Every key can be a variable: `SALLYPORT_` and the key in capitals, such as `SALLYPORT_INSTANCE_TYPE`. These variables are not keys:",
    table(
      ["variable", ""],
      Object.entries(otherVariables)
        .sort()
        .map(([name, purpose]) => [code(name), described(purpose)]),
    ),
  ];
  return `${[HEAD, ...parts, ...variables].join("\n\n")}\n`;
}

function row({ key, type, description, fallback }: KeyDescription): string[] {
  const shown = memberTable(schemaOf(key)) === "" ? type : `[${type}](#members-of-${key})`;
  return [
    code(key),
    shown,
    fallback === undefined ? "–" : code(flow(fallback)),
    READERS[key] ?? "hosts",
    described(description),
  ];
}

function members({ key }: KeyDescription): string[] {
  const rows = memberTable(schemaOf(key));
  return rows === "" ? [] : [`### Members of \`${key}\``, rows];
}

const schemaOf = (key: ConfigKey): TSchema => ConfigFileSchema.properties[key];
