#!/bin/bash
# The steps that make a machine an accelerator host. This first paragraph is not sent: see part.ts.
# The values come before, and functions.sh.
# shellcheck disable=SC2154

say "setting up $host"
mkdir -p "$base" /etc/sallyport /etc/sysusers.d /etc/systemd/system/sallyport-agent.service.d
if [ -d "$base/$version" ]; then
  say "runtime $version is already here"
else
  install_runtime
  say "runtime $version installed"
fi
ln -sfn "$version" "$base/.current"
mv -fT "$base/.current" "$base/current"

put 0644 /etc/sysusers.d/sallyport.conf "$sysusers_conf"
systemd-sysusers /etc/sysusers.d/sallyport.conf
put 0644 /etc/sallyport/agent.yaml "$agent_yaml"
if [ -n "$tls_crt" ]; then put 0644 /etc/sallyport/tls.crt "$tls_crt"; else rm -f /etc/sallyport/tls.crt; fi

# One that exists keeps its owner and mode.
install -d -o sallyport -g sallyport -m 0750 /var/lib/sallyport
for dir in "${dirs[@]}"; do
  [ -d "$dir" ] || install -d -o sallyport -g sallyport -m 2770 "$dir"
done

# The login user works in the same directories, by membership in the agent's group.
if id "$ssh_user" >/dev/null 2>&1; then
  put 0644 /etc/sysusers.d/sallyport-login.conf "$(printf 'm %s sallyport\n' "$ssh_user" | base64 -w 0)"
  systemd-sysusers /etc/sysusers.d/sallyport-login.conf
  home=$(getent passwd "$ssh_user" | cut -d: -f6)
  if [ -n "$first_dir" ] && [ -d "$home" ] && [ ! -e "$home/shared" ] && [ ! -L "$home/shared" ]; then
    ln -s "$first_dir" "$home/shared"
  fi
else
  say "there is no user $ssh_user on this image"
fi

for unit in "$base"/current/systemd/*.service; do
  install -m 0644 "$unit" "/etc/systemd/system/${unit##*/}"
done
put 0644 /etc/systemd/system/sallyport-agent.service.d/directories.conf "$drop_in"
systemctl daemon-reload
systemctl enable --quiet sallyport-secrets.service sallyport-agent.service

give_up() {
  systemctl status --no-pager --lines=20 sallyport-secrets.service sallyport-agent.service || true
  fail "$*"
}
systemctl restart sallyport-secrets.service sallyport-agent.service || give_up "the agent does not start"

# Any answer will do here, the redirect to HTTPS too: it shows that the agent is up.
answers() { curl --noproxy '*' --silent --max-time 2 --output /dev/null http://127.0.0.1/healthz; }
retry 60 1 answers || give_up "the agent does not answer on port 80"
say "host ready"
