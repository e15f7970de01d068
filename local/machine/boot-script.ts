/** Renders the two scripts of a local host: one builds its machine, the other runs at first boot. Pure text. */
import { shellQuote } from "../../base/text/shell.js";

/** Units that would affect the underlying machine, or wait for missing hardware. */
const MASKED = [
  "systemd-udevd.service",
  "systemd-udevd-control.socket",
  "systemd-udevd-kernel.socket",
  "systemd-udev-trigger.service",
  "systemd-udev-settle.service",
  "systemd-modules-load.service",
  "systemd-sysctl.service",
  "systemd-random-seed.service",
  "systemd-binfmt.service",
  "systemd-remount-fs.service",
  "systemd-hwdb-update.service",
  "systemd-timesyncd.service",
  "systemd-networkd.service",
  "systemd-resolved.service",
  "kmod-static-nodes.service",
  "dev-hugepages.mount",
  "dev-mqueue.mount",
  "sys-kernel-config.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "sys-fs-fuse-connections.mount",
  "proc-sys-fs-binfmt_misc.automount",
  "proc-sys-fs-binfmt_misc.mount",
  "apparmor.service",
  "e2scrub_reap.service",
  "console-getty.service",
  "getty.target",
];

/** Capabilities withheld from the host's root, because they would affect the underlying machine. */
const DROPPED_CAPABILITIES = [
  "sys_module",
  "sys_rawio",
  "sys_time",
  "sys_boot",
  "mknod",
  "syslog",
  "mac_admin",
  "mac_override",
];

export interface MachineScript {
  /** An empty directory. Mounts below it are visible only to the host. */
  readonly stage: string;
  readonly systemd: string;
  /** Root of the host's file system: `/` for a copy-on-write view of this machine, or a separate directory. */
  readonly lower: string;
  readonly machineId: string;
  /** Units and other files of the host: absolute path → content. */
  readonly files: Readonly<Record<string, string>>;
  /** Units that the boot starts. */
  readonly wants: readonly string[];
  /** Hide this machine's data, and keep its services from starting. */
  readonly hideMachine: boolean;
  /** Content of `/sys/hypervisor/uuid`. If it begins with `ec2`, cloud-init recognises the machine as EC2. */
  readonly hypervisorUuid?: string;
}

const BOOT_TARGET = "sallyport-host.target";

/** Runs as PID 1 of new mount, PID, UTS, IPC and cgroup namespaces, and becomes the host's systemd. */
export function machineScript(machine: MachineScript): string {
  const { stage, lower } = machine;
  return `set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=0700 sallyport ${shellQuote(stage)}
cd ${shellQuote(stage)}
mkdir upper work root
mount -t overlay -o lowerdir=${shellQuote(lower)},upperdir=upper,workdir=work sallyport root
cd root
${lower === "/" ? "for dir in /usr; do if mountpoint -q $dir; then mount --bind -o ro $dir .$dir; fi; done\n" : ""}\
mkdir -p proc sys run tmp dev mnt
mount -t proc proc proc
${machine.hypervisorUuid === undefined ? "mount -t sysfs -o ro sysfs sys\n" : sysWithHypervisor(machine.hypervisorUuid)}\
mount -t cgroup2 cgroup2 sys/fs/cgroup
# Settings of the kernel that are not this namespace's own must stay as they are.
mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=0755 tmpfs dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
${machine.hideMachine ? HIDE_MACHINE : ""}\
printf '%s\\n' ${machine.machineId} >etc/machine-id
rm -f etc/resolv.conf etc/hostname
: >etc/resolv.conf
mkdir -p etc/systemd/system
for unit in ${MASKED.join(" ")}; do ln -sf /dev/null etc/systemd/system/$unit; done
${Object.entries({ [`/etc/systemd/system/${BOOT_TARGET}`]: targetUnit(machine.wants), ...machine.files })
  .map(([path, content]) => writeFile(path, content))
  .join("")}\
pivot_root . mnt
umount -l /mnt
# systemd hands credentials to a unit through a mount that spreads from one namespace of the host to the next.
mount --make-rshared /
exec env -i container=sallyport PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
  setpriv --bounding-set=${DROPPED_CAPABILITIES.map((name) => `-${name}`).join(",")} -- \\
  ${shellQuote(machine.systemd)} --unit=${BOOT_TARGET} --log-target=journal --show-status=no </dev/null
`;
}

// The standard names in / stay. Everything else there belongs to the user and is hidden.
const HIDE_MACHINE = `for dir in *; do
  case $dir in
    bin | sbin | lib | lib32 | lib64 | libx32 | usr | etc | var | proc | sys | run | dev | tmp) ;;
    *) if [ -d "$dir" ] && [ ! -L "$dir" ]; then mount -t tmpfs -o mode=0755 tmpfs "./$dir"; fi ;;
  esac
done
for dir in var/log var/tmp var/mail var/spool var/backups var/cache var/www; do
  if [ -d $dir ] && [ ! -L $dir ]; then mount -t tmpfs -o mode=0755 tmpfs $dir; fi
done
for dir in var/lib/*; do
  case \${dir##*/} in
    dpkg | apt | systemd | dbus | pam | misc | ucf) ;;
    *) if [ -d "$dir" ] && [ ! -L "$dir" ]; then mount -t tmpfs -o mode=0755 tmpfs "./$dir"; fi ;;
  esac
done
chmod 0700 root
chmod 1777 var/tmp
rm -rf etc/ssh/ssh_host_* etc/ssh/sshd_config.d etc/ssl/private etc/sallyport etc/cloud
rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires etc/cron* var/lib/systemd/timers
if [ -f usr/share/openssh/sshd_config ]; then cp usr/share/openssh/sshd_config etc/ssh/sshd_config; fi
`;

// sysfs does not allow mkdir, so its own directories are bound below one that does.
const sysWithHypervisor = (uuid: string) => `mkdir ../sysfs
mount -t sysfs -o ro sysfs ../sysfs
mount -t tmpfs -o mode=0755 tmpfs sys
for dir in ../sysfs/*; do mkdir "sys/\${dir##*/}"; mount --bind "$dir" "sys/\${dir##*/}"; done
mkdir -p sys/hypervisor
printf '%s\\n' ${shellQuote(uuid)} >sys/hypervisor/uuid
`;

function targetUnit(wants: readonly string[]): string {
  return `[Unit]
Description=Local accelerator host
Requires=basic.target
After=basic.target
Wants=${wants.join(" ")}
AllowIsolate=yes
`;
}

function writeFile(path: string, content: string): string {
  const file = shellQuote(`.${path}`);
  const mode = content.startsWith("#!") ? "0755" : "0644";
  return `mkdir -p "$(dirname ${file})"
base64 -d >${file} <<'END'
${Buffer.from(content)
  .toString("base64")
  .replaceAll(/(.{76})/g, "$1\n")}
END
chmod ${mode} ${file}
`;
}
