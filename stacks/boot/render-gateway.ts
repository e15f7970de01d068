/**
 * The boot script of a lab's gateway, as text. Pure. It keeps the promises of the hosts' script and
 * shares its functions; beyond that it needs apt-get with a way to the Internet, which the gateway has:
 * its public address is there before the machine is.
 */
import { stringify } from "yaml";
import { defined } from "../../base/defined.js";
import { shellQuote } from "../../base/text/shell.js";
import * as errors from "../errors.js";
import { base64, FUNCTIONS, MOST_BYTES, SYSUSERS } from "./render-host.js";

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
  /** It has no public address: clients come from the network that it is in. @default false */
  readonly privateAddress?: boolean;
}

/** Stand in gateway.yaml for what the machine learns about itself when it boots. */
const UNKNOWN = { wan: "WAN-DEVICE", lan: "LAN-DEVICE", address: "PUBLIC-ADDRESS" } as const;
/** NFLOG group of the gateway's rules. */
export const LOG_GROUP = 51;
const LOG_FILE = "/var/log/sallyport/connections.json";

export function gatewayBootScript(options: GatewayBootOptions): string {
  const text = [
    "#!/bin/bash",
    "# Makes this machine the gateway of a lab. Running it again changes nothing.",
    "set -euo pipefail",
    "umask 022",
    "",
    ...Object.entries({
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
    }).map(([name, value]) => `readonly ${name}=${shellQuote(value)}`),
    "",
    FUNCTIONS,
    STEPS,
  ].join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) throw errors.userDataTooLong(bytes, MOST_BYTES);
  return text;
}

/** `/etc/sallyport/gateway.yaml`, less the names of the interfaces and the public address. */
export function gatewayYaml({ name, issuer, ports, labNetworks, logTarget }: GatewayBootOptions): string {
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

/** `/etc/sallyport/agent.yaml`: no agent runs here, but the unit that brings the secrets reads it. */
export function secretsYaml(options: GatewayBootOptions): string {
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

/** What was read of a copy that is gone is spooled by the gateway, so two copies are enough. */
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

/** From the distribution, whose own updates keep them whole. */
export const PACKAGES = ["conntrack", "fping", "iproute2", "nftables", "postgresql", "ulogd2", "ulogd2-json"];

const STEPS = `\
say "setting up $host"
mkdir -p "$base" /etc/sallyport /etc/sysusers.d
if [ -d "$base/$version" ]; then
  say "runtime $version is already here"
else
  install_runtime
  say "runtime $version installed"
fi
ln -sfn "$version" "$base/.current"
mv -fT "$base/.current" "$base/current"

readonly packages=(${PACKAGES.join(" ")})
is_installed() { [ "$(dpkg-query -W -f '\${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
install_packages() {
  local missing=() package
  for package in "\${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
  [ "\${#missing[@]}" -gt 0 ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=300 update &&
    apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "\${missing[@]}"
}
retry 30 10 install_packages || fail "cannot install \${packages[*]}: is there a way to the Internet?"

put 0644 /etc/sysusers.d/sallyport.conf "$sysusers_conf"
systemd-sysusers /etc/sysusers.d/sallyport.conf
install -d -o sallyport -g sallyport -m 0750 /var/lib/sallyport

# Which interface is which is for EC2 to say: names differ between instance types.
device_with_mac() {
  local path
  for path in /sys/class/net/*; do
    [ "$(cat "$path/address" 2>/dev/null)" != "$1" ] || { printf '%s' "\${path##*/}"; return 0; }
  done
  return 1
}
learn_network() {
  local token mac number wan_mac='' lan_mac=''
  token=$(imds_token) || return 1
  public_address=$(imds "$token" "meta-data/$address_kind") || return 1
  for mac in $(imds "$token" meta-data/network/interfaces/macs/); do
    number=$(imds "$token" "meta-data/network/interfaces/macs/$mac""device-number") || return 1
    case $number in 0) wan_mac=\${mac%/} ;; 1) lan_mac=\${mac%/} ;; esac
  done
  [ -n "$wan_mac" ] && [ -n "$lan_mac" ] || return 1
  wan=$(device_with_mac "$wan_mac") && lan=$(device_with_mac "$lan_mac") || return 1
  [[ $public_address =~ ^[0-9.]+$ && $wan$lan =~ ^[A-Za-z0-9._-]+$ ]] || return 1
  # The image itself asks for an address on each interface.
  ip -4 -o address show dev "$lan" | grep -q inet
}
retry 60 2 learn_network || fail "EC2 does not tell this machine its two interfaces and its public address"
say "towards the clients $wan ($public_address), towards the lab $lan"
gateway_yaml=$(printf '%s' "$gateway_template" | base64 -d |
  sed -e "s/${UNKNOWN.wan}/$wan/; s/${UNKNOWN.lan}/$lan/; s/${UNKNOWN.address}/$public_address/" | base64 -w 0)

put 0644 /etc/sallyport/agent.yaml "$agent_yaml"
put 0644 /etc/sallyport/gateway.yaml "$gateway_yaml"
put 0644 /etc/sallyport/tls.crt "$tls_crt"

# The database is for this machine alone: by the socket, where the kernel says who is calling.
sql() { runuser -u postgres -- psql --no-psqlrc --tuples-only --no-align --quiet --set ON_ERROR_STOP=1 --command "$1"; }
systemctl enable --quiet --now postgresql.service
retry 30 2 sql 'select 1' >/dev/null || fail "PostgreSQL does not start"
[ -n "$(sql "select 1 from pg_roles where rolname = 'sallyport'")" ] || sql 'create role sallyport login'
[ -n "$(sql "select 1 from pg_database where datname = 'sallyport'")" ] || sql 'create database sallyport owner sallyport'
if [ -n "$(sql 'show listen_addresses')" ]; then
  sql "alter system set listen_addresses = ''"
  systemctl restart postgresql.service
fi

if [ -n "$ulogd_conf" ]; then
  install -d -o ulog -g sallyport -m 2750 /var/log/sallyport
  put 0644 /etc/ulogd.conf "$ulogd_conf"
  put 0644 /etc/logrotate.d/sallyport "$logrotate_conf"
  systemctl enable --quiet ulogd2.service
  systemctl restart ulogd2.service
else
  systemctl disable --quiet --now ulogd2.service
fi

for unit in "$base"/current/systemd/*.service; do
  install -m 0644 "$unit" "/etc/systemd/system/\${unit##*/}"
done
systemctl daemon-reload
systemctl enable --quiet sallyport-secrets.service sallyport-gateway.service

give_up() {
  systemctl status --no-pager --lines=20 sallyport-secrets.service sallyport-gateway.service || true
  fail "$*"
}
systemctl restart sallyport-secrets.service sallyport-gateway.service || give_up "the gateway does not start"

answers() { curl --noproxy '*' --insecure --silent --max-time 2 --output /dev/null https://127.0.0.1/healthz; }
retry 60 1 answers || give_up "the gateway does not answer on port 443"
# Last: until the rules are there, nothing is to be forwarded.
put 0644 /etc/sysctl.d/60-sallyport-gateway.conf "$sysctl_conf"
sysctl --quiet --load=/etc/sysctl.d/60-sallyport-gateway.conf
say "host ready"
`;
