/** Converts the keys of `[host]`. */
import { quote } from "../../base/fault.js";
import { literalFlag, localPathOf } from "./literal.js";
import { type Outcome, unknownKey } from "./outcome.js";
import type { Setting } from "./settings.js";

interface Around {
  readonly rebase: (path: string) => string;
  readonly host: ReadonlyMap<string, Setting>;
}

type Rule = (value: string, around: Around) => Outcome;

const NOT_A_FLAG: Outcome = { none: "is neither True nor False" };
const credentials: Rule = () => ({ none: "use AWS_PROFILE and the files of AWS" });

const RULES: Readonly<Record<string, Rule>> = {
  host_type: () => ({ remark: "Sallyport's hosts are always on AWS, so that there is nothing to write" }),
  region: (value) => ({ keys: { region: value } }),
  project_id: () => ({ none: "of OpenStack, and Sallyport's hosts are on AWS" }),
  auth_url: () => ({ none: "of OpenStack, and Sallyport's hosts are on AWS" }),
  instance_type: (value) => ({ keys: { instance_type: value } }),
  use_private_ip: (value) => flag(value, (use_private_ip) => ({ keys: { use_private_ip } })),
  instance_id: (value) => ({ keys: { instance_id: value } }),
  host_ip: (value, { host }) => {
    if (host.has("instance_id")) return { none: "instance_id says which host it is, and more may be done with it" };
    // Apyfal accepts a URL as well.
    return { keys: { host_ip: value.replace(/^https?:\/\//i, "").replace(/\/$/, "") } };
  },
  stop_mode: (value) => {
    const mode = value.replace(/^(["'])(.*)\1$/, "$2").toLowerCase();
    return { keys: { stop_mode: { "0": "term", "1": "stop", "2": "keep" }[mode] ?? mode } };
  },
  host_name_prefix: (value) => ({ keys: { host_name_prefix: value } }),
  key_pair: (value) => ({
    keys: { key_pair: { name: value, private_key: `~/.ssh/${value}.pem` } },
    remark: `a key pair that EC2 has in this region; to have one made here instead, write key_pair: ${/^[\w.-]+$/.test(value) ? value : "NAME"}`,
  }),
  security_group: (value) =>
    /^sg-[0-9a-f]+$/.test(value)
      ? { keys: { security_group: value }, remark: "the group is left as it is: Apyfal added your address to it" }
      : {
          none: `names are not looked up: write its id, which "aws ec2 describe-security-groups --filters Name=group-name,Values=${shown(value)}" tells; without it, the hosts get a group of their own`,
        },
  role: (value) => ({
    keys: { role: value },
    remark: "the role has to be there, with an instance profile of its name, and able to read the hosts' secrets",
  }),
  policy: (value) =>
    value.startsWith("arn:")
      ? { keys: { policy: value } }
      : {
          none: `names are not looked up: write its ARN, which "aws iam list-policies --scope Local" tells for ${shown(value)}`,
        },
  init_script: (value, { rebase }) => localFile(value, rebase, (init_script) => ({ keys: { init_script } })),
  init_config: (value, { rebase }) => {
    const isOn = literalFlag(value);
    if (isOn === false) return { keys: { init_config: false } };
    if (isOn === true) {
      return {
        keys: { init_config: true },
        remark: "the hosts get the new configuration; for an accelerator.conf, name a copy of it without credentials",
      };
    }
    return localFile(value, rebase, (init_config) => ({ keys: { init_config } }));
  },
  spot_instance: (value) => flag(value, (spot) => ({ keys: { spot } })),
  spot_block_duration: () => ({ none: "AWS no longer offers spot instances for a fixed time" }),
  delete_volumes_on_termination: (value) =>
    literalFlag(value) === true
      ? { remark: "always so: the volume of a host is deleted with it" }
      : { none: "the volume of a host is always deleted with it" },
  prefer_self_hosted: () => ({ none: "machine images are not chosen by Accelize's service: write ami:" }),
  boto3_session_kwargs: credentials,
  boto3_client_kwargs: credentials,
  boto3_create_instances_kwargs: () => ({ none: "write the option of its own, such as tags: or root_volume_gib:" }),
};

const NAMES: readonly string[] = [
  ...Object.keys(RULES),
  ...["client_id", "secret_id", "ssl_cert_crt", "ssl_cert_key", "ssl_cert_generate"],
];

export function hostKey(key: string, value: string, around: Around): Outcome {
  const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  return rule === undefined ? unknownKey(key, NAMES) : rule(value, around);
}

function flag(value: string, outcome: (on: boolean) => Outcome): Outcome {
  const on = literalFlag(value);
  return on === undefined ? NOT_A_FLAG : outcome(on);
}

function localFile(value: string, rebase: (path: string) => string, outcome: (path: string) => Outcome): Outcome {
  const path = localPathOf(value);
  return path === undefined
    ? { none: "a file at a URL is not read: fetch it, and name the file" }
    : outcome(rebase(path));
}

/** A placeholder for a name in a suggested command line. */
function shown(value: string): string {
  return /^[\w+=,.@-]+$/.test(value) ? value : quote(value);
}
