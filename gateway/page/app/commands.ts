/** The commands that lead through a forward, ready to be copied. Pure. */

export interface Door {
  /** Address or name of the gateway. */
  readonly gateway: string;
  readonly connPort: number;
  readonly protocol: "tcp" | "udp";
  readonly targetPort: number;
  readonly targetName: string;
}

export interface Command {
  readonly label: string;
  readonly text: string;
}

type Service = "ssh" | "rdp" | "https" | "vnc" | "console";

/** The ports that vLab's machines have their services on, and the usual ones. */
const SERVICES: ReadonlyMap<number, Service> = new Map<number, Service>([
  [22, "ssh"],
  [3389, "rdp"],
  [443, "https"],
  [8080, "https"],
  [8443, "https"],
  [9443, "https"],
  [7543, "console"],
  [5900, "vnc"],
  [5901, "vnc"],
]);

export function connectCommands(door: Door): Command[] {
  const service = door.protocol === "tcp" ? SERVICES.get(door.targetPort) : undefined;
  const { gateway, connPort } = door;
  const at = `${gateway.includes(":") ? `[${gateway}]` : gateway}:${connPort}`;
  if (service === undefined) {
    return [{ label: "netcat", text: `nc ${door.protocol === "udp" ? "-u " : ""}${gateway} ${connPort}` }];
  }
  const ours = (protocol: string): Command => ({
    label: `sallyport ${protocol}`,
    text: `sallyport connect --name ${quoted(door.targetName)} --protocol ${protocol} --conn-port ${connPort}`,
  });
  switch (service) {
    case "ssh":
      return [
        ours("ssh"),
        { label: "OpenSSH", text: `ssh -p ${connPort} USER@${gateway}` },
        { label: "Copy a file", text: `scp -P ${connPort} FILE USER@${at.slice(0, at.lastIndexOf(":"))}:` },
      ];
    case "rdp":
      return [
        ours("rdp"),
        { label: "Windows", text: `mstsc /v:${at}` },
        { label: "FreeRDP", text: `xfreerdp /v:${at}` },
      ];
    case "vnc":
      return [ours("vnc"), { label: "VNC viewer", text: `vncviewer ${at.replace(/:(\d+)$/, "::$1")}` }];
    default:
      return [ours(service), { label: "Browser", text: `https://${at}/` }];
  }
}

/** One word for every shell: a name as the gateway lets in has nothing that double quotes leave alive. */
function quoted(name: string): string {
  if (/^[A-Za-z0-9._@:-]+$/.test(name)) return name;
  if (!/["$`\\!%]/.test(name)) return `"${name}"`;
  return `'${name.replaceAll("'", "'\\''")}'`;
}
