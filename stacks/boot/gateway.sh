#!/bin/bash
# The steps that make a machine the gateway of a lab. This first paragraph is not sent: see part.ts.
# The values come before, and functions.sh. @PACKAGES@ stands for the names of Debian packages.
# shellcheck disable=SC2154

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

readonly packages=(@PACKAGES@)
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
  [ "${#missing[@]}" -gt 0 ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=300 update &&
    apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "${missing[@]}"
}
retry 30 10 install_packages || fail "cannot install ${packages[*]}: is there a way to the Internet?"

put 0644 /etc/sysusers.d/sallyport.conf "$sysusers_conf"
systemd-sysusers /etc/sysusers.d/sallyport.conf
install -d -o sallyport -g sallyport -m 0750 /var/lib/sallyport

# Which interface is which is for EC2 to say: names differ between instance types.
device_with_mac() {
  local path
  for path in /sys/class/net/*; do
    [ "$(cat "$path/address" 2>/dev/null)" != "$1" ] || { printf '%s' "${path##*/}"; return 0; }
  done
  return 1
}
learn_network() {
  local token mac number wan_mac='' lan_mac=''
  token=$(imds_token) || return 1
  public_address=$(imds "$token" "meta-data/$address_kind") || return 1
  for mac in $(imds "$token" meta-data/network/interfaces/macs/); do
    number=$(imds "$token" "meta-data/network/interfaces/macs/$mac""device-number") || return 1
    case $number in 0) wan_mac=${mac%/} ;; 1) lan_mac=${mac%/} ;; esac
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
  sed -e "s/WAN-DEVICE/$wan/; s/LAN-DEVICE/$lan/; s/PUBLIC-ADDRESS/$public_address/" | base64 -w 0)

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
  install -m 0644 "$unit" "/etc/systemd/system/${unit##*/}"
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
