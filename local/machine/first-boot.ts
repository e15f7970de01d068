/**
 * Does the work of cloud-init at the first boot of images without it: host name, login user and key from instance
 * metadata, fresh host keys, and then the user data, run as root. Pure text.
 */

const METADATA = `md() { curl -sSf --retry 30 --retry-connrefused --retry-delay 1 -m 20 "$@"; }
token=$(md -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
get() { md -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/$1"; }
`;

const setUp = (user: string, more: string) => `#!/bin/bash
set -euo pipefail
${METADATA}
name=$(get meta-data/local-hostname)
printf '%s\\n' "$name" >/etc/hostname
hostname "$name"
printf '127.0.0.1 localhost\\n127.0.1.1 %s %s\\n' "$name" "\${name%%.*}" >/etc/hosts
ssh-keygen -A
id -u ${user} >/dev/null 2>&1 || useradd --create-home --shell /bin/bash ${user}
install -d -m 0700 -o ${user} -g ${user} /home/${user}/.ssh
get meta-data/public-keys/0/openssh-key >/home/${user}/.ssh/authorized_keys
chmod 0600 /home/${user}/.ssh/authorized_keys
chown ${user}: /home/${user}/.ssh/authorized_keys
${more}`;

const runUserData = `#!/bin/bash
set -euo pipefail
${METADATA}
script=/var/lib/cloud/instance/user-data
install -d -m 0700 /var/lib/cloud/instance
umask 077
get user-data >$script
# gzip, as cloud-init accepts it
if [ "$(head -c 2 $script | od -An -tx1 | tr -d ' ')" = 1f8b ]; then zcat $script >$script.plain; mv $script.plain $script; fi
if [ "$(head -c 2 $script)" != '#!' ]; then echo 'user data is no script: not run'; exit 0; fi
chmod 0700 $script
umask 022
exec $script
`;

export const SET_UP_UNIT = "sallyport-first-boot.service";
export const USER_DATA_UNIT = "sallyport-user-data.service";

/** @param more shell code that the first boot runs last, before the user data. */
export function firstBootFiles(user: string, more = ""): Record<string, string> {
  return {
    "/usr/local/lib/sallyport/first-boot": setUp(user, more),
    "/usr/local/lib/sallyport/user-data": runUserData,
    [`/etc/systemd/system/${SET_UP_UNIT}`]: `[Unit]
Description=Account, key and name from instance metadata
After=basic.target
Before=ssh.service sshd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/sallyport/first-boot
`,
    [`/etc/systemd/system/${USER_DATA_UNIT}`]: `[Unit]
Description=User data of the instance
After=${SET_UP_UNIT}
Requires=${SET_UP_UNIT}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/sallyport/user-data
`,
  };
}
