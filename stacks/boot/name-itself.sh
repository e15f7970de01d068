#!/bin/bash
# The machines of a fleet share one boot script, and each takes its name from its instance. Between
# functions.sh and host.sh, which uses agent_yaml. This first paragraph is not sent: see part.ts.
# shellcheck disable=SC2034,SC2154

name_itself() {
  local token
  token=$(imds_token) || return 1
  host=$(imds "$token" meta-data/instance-id) || return 1
  [[ $host =~ ^i-[0-9a-f]{8,17}$ ]]
}
retry 60 1 name_itself || fail "EC2 does not tell this machine its instance id"
agent_yaml=$(printf '%s' "$agent_template" | base64 -d | sed "s/^name: INSTANCE-ID$/name: $host/" | base64 -w 0)
readonly host agent_yaml
