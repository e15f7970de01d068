/**
 * Renders the boot script of a lab's gateway. Pure. It makes the same promises as the hosts' script and shares its
 * functions. In addition it needs apt-get and the Internet, which the gateway can reach: its public address exists
 * before it boots.
 */
import { stringify } from "yaml";
import { defined } from "../../base/defined.js";
import * as errors from "./errors.js";
import { bootPart } from "./part.js";
import { assignments, base64, MAX_USER_DATA_BYTES, prologue, SYSUSERS } from "./user-data.js";

export interface GatewayBootOptions {
  readonly name: string;
  readonly region: string;
  readonly archive: { readonly url: string; readonly sha256: string };
  /** PEM. */
  readonly certificate: string;
  readonly tlsKeyParameter: string;
  readonly tokenKeyParameter: string;
  readonly endpointUrl?: string;
  readonly issuer: string;
  readonly ports: { readonly min: number; readonly max: number };
  readonly labNetworks: readonly string[];
  readonly logTarget?: string;
  /** Whether it has no public address, so that clients come from its own network. @default false */
  readonly privateAddress?: boolean;
}

/** Placeholders in gateway.yaml for values that the machine learns at boot; gateway.sh replaces them. */
const UNKNOWN = { wan: "WAN-DEVICE", lan: "LAN-DEVICE", address: "PUBLIC-ADDRESS" } as const;
/** NFLOG group of the gateway's rules. */
export const LOG_GROUP = 51;
const LOG_FILE = "/var/log/sallyport/connections.json";

export function gatewayBootScript(options: GatewayBootOptions): string {
  const text = [
    ...prologue("Makes this machine the gateway of a lab."),
    ...assignments({
      host: options.name,
      region: options.region,
      archive_url: options.archive.url,
      archive_sha256: options.archive.sha256,
      gateway_template: base64(gatewayYaml(options)),
      agent_yaml: base64(secretsYaml(options)),
      tls_crt: base64(options.certificate),
      sysusers_conf: base64(SYSUSERS),
      sysctl_conf: base64(SYSCTL),
      ulogd_conf: options.logTarget === undefined ? "" : base64(ULOGD),
      logrotate_conf: base64(LOGROTATE),
      address_kind: options.privateAddress === true ? "local-ipv4" : "public-ipv4",
    }),
    "",
    bootPart("functions"),
    bootPart("gateway", { PACKAGES: PACKAGES.join(" ") }),
  ].join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_USER_DATA_BYTES) throw errors.userDataTooLong(bytes, MAX_USER_DATA_BYTES);
  return text;
}

/** `/etc/sallyport/gateway.yaml`, without the names of the interfaces and the public address. */
function gatewayYaml({ name, issuer, ports, labNetworks, logTarget }: GatewayBootOptions): string {
  return stringify(
    defined({
      name,
      tls: { cert: "/etc/sallyport/tls.crt", key: "credential:tls.key" },
      wan: UNKNOWN.wan,
      lan: UNKNOWN.lan,
      public_address: UNKNOWN.address,
      lab_networks: labNetworks,
      ports,
      database: "env:DATABASE_URL",
      auth: { issuer, key: "credential:token.key", algorithms: ["HS256"] },
      log: logTarget === undefined ? undefined : { source: "ulogd", file: LOG_FILE, target: logTarget },
    }),
  );
}

/** `/etc/sallyport/agent.yaml`: no agent runs here, but the unit that fetches the secrets reads it. */
function secretsYaml(options: GatewayBootOptions): string {
  return stringify({
    name: options.name,
    tls: { cert: "/etc/sallyport/tls.crt", key: "credential:tls.key" },
    auth: "token",
    token: "credential:token",
    authorized_host_dirs: [{ name: "shared", path: "~/shared", mode: "rw" }],
    secrets: defined({
      region: options.region,
      endpoint_url: options.endpointUrl,
      tls_key_parameter: options.tlsKeyParameter,
      token_parameter: options.tokenKeyParameter,
    }),
  });
}

const SYSCTL = `\
# The gateway forwards; what, its own rules say.
net.ipv4.ip_forward = 1
# With a foot in two subnets, answers may leave by another interface than questions came in by.
net.ipv4.conf.all.rp_filter = 2
net.ipv4.conf.all.send_redirects = 0
`;

const PLUGINS = ["inppkt_NFLOG", "filter_IFINDEX", "filter_IP2STR", "raw2packet_BASE", "output_JSON"];
const ULOGD = `\
[global]
logfile="syslog"
loglevel=3
${PLUGINS.map((name) => `plugin="/usr/lib/x86_64-linux-gnu/ulogd/ulogd_${name}.so"`).join("\n")}
stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON
[log1]
group=${LOG_GROUP}
[json1]
file="${LOG_FILE}"
sync=1
`;

/** The gateway has spooled the content of a copy by the time that it is deleted, so two copies are enough. */
const LOGROTATE = `\
${LOG_FILE} {
  size 100M
  rotate 2
  copytruncate
  missingok
  notifempty
  su root root
}
`;

/** Packages from the distribution, whose updates keep them current. */
export const PACKAGES = ["conntrack", "fping", "iproute2", "nftables", "postgresql", "ulogd2", "ulogd2-json"];
