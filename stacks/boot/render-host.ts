/**
 * The boot script of an accelerator host, as text. Pure: what is said here is all that goes in.
 *
 * Promises: it fits EC2's user data; it may run any number of times and ends with the same host; no
 * value can end its quoting, and files travel as base64; it holds no secret; a credential that it
 * handles is never an argument of a program. It needs systemd, curl >= 7.87, tar, gzip and coreutils.
 */
import { stringify } from "yaml";
import { defined } from "../../base/defined.js";
import { shellQuote } from "../../base/text/shell.js";
import type { HostDir } from "../../config/schema.js";
import type { AgentSettings } from "../accelerator-hosts/agent-settings.js";
import * as errors from "../errors.js";
import { configBoot, scriptBoot } from "./init/boot.js";
import * as initErrors from "./init/errors.js";
import type { InitFiles } from "./init/init-files.js";

export interface BootScriptOptions {
  /** Name of the host, as its agent tells it. @default - the id of the instance, which it asks for when it boots */
  readonly host?: string;
  /** Login user, who shares the authorized directories with the agent. */
  readonly sshUser: string;
  readonly region: string;
  readonly archive: { readonly url: string; readonly sha256: string };
  /** PEM. @default - plain HTTP */
  readonly certificate?: string;
  readonly tlsKeyParameter?: string;
  /** @default - `auth: none` */
  readonly tokenParameter?: string;
  /** @default - ~/shared, read and write */
  readonly directories?: readonly HostDir[];
  readonly endpointUrl?: string;
  /** @default false */
  readonly serveAddresses?: boolean;
  /** What the agent is told beyond that. @default - its own defaults */
  readonly settings?: AgentSettings;
  /** The user's own script and configuration. @default - neither */
  readonly init?: InitFiles;
}

/** EC2's limit, before base64. */
export const MOST_BYTES = 16_384;
/** Stands in agent.yaml for the name that a member of a fleet gives itself. */
const NO_NAME_YET = "INSTANCE-ID";
const SERVICE_HOME = "/var/lib/sallyport";
const DEFAULT_DIRECTORIES: readonly HostDir[] = [{ path: "~/shared", mode: "rw", name: "shared" }];

export function bootScript(options: BootScriptOptions): string {
  const directories = (options.directories ?? DEFAULT_DIRECTORIES).map((directory) => ({
    ...directory,
    place: placeOf(directory.path),
  }));
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(options.sshUser)) throw errors.unsafeValue("sshUser", options.sshUser);
  const text = [
    "#!/bin/bash",
    "# Makes this machine an accelerator host of Sallyport. Running it again changes nothing.",
    "set -euo pipefail",
    "umask 022",
    "",
    ...Object.entries({
      ...defined({ host: options.host }),
      region: options.region,
      archive_url: options.archive.url,
      archive_sha256: options.archive.sha256,
      ssh_user: options.sshUser,
      first_dir: directories[0]?.place ?? "",
      [options.host === undefined ? "agent_template" : "agent_yaml"]: base64(agentYaml(options)),
      tls_crt: base64(options.certificate ?? ""),
      sysusers_conf: base64(SYSUSERS),
      drop_in: base64(dropIn(directories)),
    }).map(([name, value]) => `readonly ${name}=${shellQuote(value)}`),
    `readonly dirs=(${directories.map(({ place }) => shellQuote(place)).join(" ")})`,
    "",
    FUNCTIONS,
    ...(options.host === undefined ? [NAME_ITSELF] : []),
    ...configBoot(options.init),
    STEPS,
    ...scriptBoot(options.init),
  ].join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES && options.init !== undefined) throw initErrors.tooLong(bytes - MOST_BYTES, MOST_BYTES);
  if (bytes > MOST_BYTES) throw errors.userDataTooLong(bytes, MOST_BYTES);
  return text;
}

/** `/etc/sallyport/agent.yaml`. */
export function agentYaml(options: BootScriptOptions): string {
  const { tlsKeyParameter, tokenParameter } = options;
  const secrets = defined({
    region: options.region,
    endpoint_url: options.endpointUrl,
    tls_key_parameter: tlsKeyParameter,
    token_parameter: tokenParameter,
  });
  return stringify({
    name: options.host ?? NO_NAME_YET,
    listen: { address: "::", https_port: 443, http_port: 80 },
    tls: options.certificate === undefined ? false : { cert: "/etc/sallyport/tls.crt", key: "credential:tls.key" },
    ...(tokenParameter === undefined ? { auth: "none" } : { auth: "token", token: "credential:token" }),
    authorized_host_dirs: (options.directories ?? DEFAULT_DIRECTORIES).map(({ name, path, mode }) => ({
      name,
      path,
      mode,
    })),
    ...defined({ serve_addresses: options.serveAddresses === true ? true : undefined }),
    ...settingsYaml(options),
    // Also with nothing to fetch: the unit that fetches runs all the same, and hands over empty files.
    secrets,
  });
}

function settingsYaml({ settings = {}, region, endpointUrl }: BootScriptOptions): object {
  const { autostop, ...others } = settings;
  if (autostop === undefined) return others;
  const where = defined({ region, endpoint_url: endpointUrl });
  return { ...others, autostop: { ...autostop, ...where } };
}

function placeOf(path: string): string {
  // What systemd, a mount list or a path walk would read as syntax. The configuration refuses it earlier, with its line.
  const unsafe = /[\p{Cc}\s"'\\$%:;]|(?:^|\/)\.\.(?:\/|$)/u.test(path) || !/^(?:~$|~\/|\/)/.test(path);
  if (unsafe) throw errors.unsafeValue("authorized_host_dirs", path);
  return path.startsWith("~") ? `${SERVICE_HOME}${path.slice(1)}` : path;
}

export const SYSUSERS = `u sallyport - "Sallyport agent" ${SERVICE_HOME} /usr/sbin/nologin\n`;

/** Places that the agent's unit hides behind an empty directory of its own. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)(?:\/|$)/;

/** Opens the agent's sandbox for the directories outside its home, and closes the read-only ones inside. */
function dropIn(directories: readonly { readonly place: string; readonly mode: "rw" | "ro" }[]): string {
  const lines = directories.flatMap(({ place, mode }) => {
    const isRw = mode === "rw";
    if (HIDDEN.test(place)) return `${isRw ? "BindPaths" : "BindReadOnlyPaths"}=${place}`;
    const isInHome = place === SERVICE_HOME || place.startsWith(`${SERVICE_HOME}/`);
    return isRw && isInHome ? [] : `${isRw ? "ReadWritePaths" : "ReadOnlyPaths"}=${place}`;
  });
  return ["[Service]", ...lines, ""].join("\n");
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

export const FUNCTIONS = `\
readonly imds=http://169.254.169.254/latest
readonly base=/opt/sallyport
readonly version=\${archive_sha256:0:12}

say() { printf 'sallyport: %s\\n' "$*"; }
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
  printf 'header = "X-aws-ec2-metadata-token: %s"\\n' "$1" |
    curl --config - --noproxy '*' --fail --silent --max-time 5 "$imds/$2"
}

field() {
  [[ $1 =~ \\"$2\\"[[:space:]]*:[[:space:]]*\\"([^\\"]+)\\" ]] && printf '%s' "\${BASH_REMATCH[1]}"
}

imds_token() {
  curl --noproxy '*' --fail --silent --max-time 5 --request PUT \\
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
  printf 'user = "%s:%s"\\nheader = "x-amz-security-token: %s"\\n' "$id" "$secret" "$session" |
    curl --config - --aws-sigv4 "aws:amz:$region:s3" --fail --silent --show-error \\
      --connect-timeout 5 --max-time 300 --output "$1" "$archive_url" || return 1
}

install_runtime() {
  local incoming=$base/.incoming
  rm -rf "$incoming"
  mkdir -p "$incoming/tree"
  retry 60 5 download "$incoming/runtime.tar.gz" || fail "cannot download $archive_url"
  gzip -dc "$incoming/runtime.tar.gz" >"$incoming/runtime.tar" || fail "the runtime is no gzip file"
  printf '%s  %s\\n' "$archive_sha256" "$incoming/runtime.tar" | sha256sum --check --status ||
    fail "the runtime is not the one that was deployed: its SHA-256 differs"
  tar -xf "$incoming/runtime.tar" -C "$incoming/tree" --no-same-owner
  mv -T "$incoming/tree" "$base/$version"
  rm -rf "$incoming"
}
`;

/** The machines of a fleet share one script; each is named after its instance. */
const NAME_ITSELF = `\
name_itself() {
  local token
  token=$(imds_token) || return 1
  host=$(imds "$token" meta-data/instance-id) || return 1
  [[ $host =~ ^i-[0-9a-f]{8,17}$ ]]
}
retry 60 1 name_itself || fail "EC2 does not tell this machine its instance id"
agent_yaml=$(printf '%s' "$agent_template" | base64 -d | sed "s/^name: ${NO_NAME_YET}$/name: $host/" | base64 -w 0)
readonly host agent_yaml
`;

const STEPS = `\
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
install -d -o sallyport -g sallyport -m 0750 ${SERVICE_HOME}
for dir in "\${dirs[@]}"; do
  [ -d "$dir" ] || install -d -o sallyport -g sallyport -m 2770 "$dir"
done

# The login user works in the same directories, by membership in the agent's group.
if id "$ssh_user" >/dev/null 2>&1; then
  put 0644 /etc/sysusers.d/sallyport-login.conf "$(printf 'm %s sallyport\\n' "$ssh_user" | base64 -w 0)"
  systemd-sysusers /etc/sysusers.d/sallyport-login.conf
  home=$(getent passwd "$ssh_user" | cut -d: -f6)
  if [ -n "$first_dir" ] && [ -d "$home" ] && [ ! -e "$home/shared" ] && [ ! -L "$home/shared" ]; then
    ln -s "$first_dir" "$home/shared"
  fi
else
  say "there is no user $ssh_user on this image"
fi

for unit in "$base"/current/systemd/*.service; do
  install -m 0644 "$unit" "/etc/systemd/system/\${unit##*/}"
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
`;
