#!/bin/bash
# Shared by the boot scripts of hosts and gateways. This first paragraph is not sent: see part.ts.
# The values come before: archive_url, archive_sha256, region.
# shellcheck disable=SC2154

readonly imds=http://169.254.169.254/latest
readonly base=/opt/sallyport
readonly version=${archive_sha256:0:12}

say() { printf 'sallyport: %s\n' "$*"; }
fail() { say "error: $*" >&2; exit 1; }

# retry TIMES SECONDS COMMAND...
retry() {
  local left=$1 pause=$2
  shift 2
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep "$pause"
  done
}

# put MODE PATH BASE64: the file is whole or not there.
put() {
  printf '%s' "$3" | base64 -d >"$2.new"
  chmod "$1" "$2.new"
  mv -f "$2.new" "$2"
}

# Secrets go to curl on its standard input: arguments can be read by everybody on the machine.
imds() {
  printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$1" |
    curl --config - --noproxy '*' --fail --silent --max-time 5 "$imds/$2"
}

field() {
  [[ $1 =~ \"$2\"[[:space:]]*:[[:space:]]*\"([^\"]+)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}

imds_token() {
  curl --noproxy '*' --fail --silent --max-time 5 --request PUT \
    --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token"
}

# With the instance's role. Just after its creation a role may not be in force yet.
download() {
  local token role credentials id secret session
  token=$(imds_token) || return 1
  role=$(imds "$token" meta-data/iam/security-credentials/) || return 1
  credentials=$(imds "$token" "meta-data/iam/security-credentials/$role") || return 1
  id=$(field "$credentials" AccessKeyId) || return 1
  secret=$(field "$credentials" SecretAccessKey) || return 1
  session=$(field "$credentials" Token) || return 1
  printf 'user = "%s:%s"\nheader = "x-amz-security-token: %s"\n' "$id" "$secret" "$session" |
    curl --config - --aws-sigv4 "aws:amz:$region:s3" --fail --silent --show-error \
      --connect-timeout 5 --max-time 300 --output "$1" "$archive_url" || return 1
}

install_runtime() {
  local incoming=$base/.incoming
  rm -rf "$incoming"
  mkdir -p "$incoming/tree"
  retry 60 5 download "$incoming/runtime.tar.gz" || fail "cannot download $archive_url"
  gzip -dc "$incoming/runtime.tar.gz" >"$incoming/runtime.tar" || fail "the runtime is no gzip file"
  printf '%s  %s\n' "$archive_sha256" "$incoming/runtime.tar" | sha256sum --check --status ||
    fail "the runtime is not the one that was deployed: its SHA-256 differs"
  tar -xf "$incoming/runtime.tar" -C "$incoming/tree" --no-same-owner
  mv -T "$incoming/tree" "$base/$version"
  rm -rf "$incoming"
}
