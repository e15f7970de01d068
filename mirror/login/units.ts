/** The systemd units that renew tokens, as text. Pure. */

export interface UnitOptions {
  /** The command and its arguments; absolute paths. */
  readonly command: readonly string[];
  /** For a system unit: the user whose logins are renewed. A user's own unit has none. */
  readonly user?: string;
  /** Variables that locate the SDK's configuration and the state. */
  readonly environment: Readonly<Record<string, string>>;
}

export const UNIT = "sallyport-mirror-refresh";

export function serviceText({ command, user, environment }: UnitOptions): string {
  const lines = [
    "# Renews the package tokens that are about to end. Made by: sallyport mirror refresh --install-timer",
    "[Unit]",
    "Description=Renew the tokens of the package mirror",
    ...(user === undefined ? [] : ["Wants=network-online.target", "After=network-online.target"]),
    "",
    "[Service]",
    "Type=oneshot",
    ...(user === undefined ? [] : [`User=${quoted(user)}`]),
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    `ExecStart=${command.map(quoted).join(" ")}`,
    "# With repetitions, should AWS not answer.",
    "TimeoutStartSec=300",
    "MemoryMax=512M",
    "TasksMax=64",
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "UMask=0077",
    ...(user === undefined
      ? []
      : [
          "CapabilityBoundingSet=",
          "PrivateDevices=yes",
          "PrivateTmp=yes",
          "ProtectClock=yes",
          "ProtectControlGroups=yes",
          "ProtectHostname=yes",
          "ProtectKernelLogs=yes",
          "ProtectKernelModules=yes",
          "ProtectKernelTunables=yes",
          "# The user's own files are what it writes.",
          "ProtectSystem=full",
          "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
          "RestrictNamespaces=yes",
        ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** A run renews only what is due, so the timer may run often. */
export function timerText(): string {
  return `# A run renews only what is about to end.
[Unit]
Description=Renew the tokens of the package mirror ahead of their end

[Timer]
OnActiveSec=1min
OnUnitInactiveSec=4min
RandomizedDelaySec=1min

[Install]
WantedBy=timers.target
`;
}

/** In units, % begins a specifier, $ in commands a variable, and spaces separate words. */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll("%", "%%").replaceAll("$", "$$$$").replaceAll('"', '\\"');
  return /[\s"'\\;]/.test(word) ? `"${escaped}"` : escaped;
}
