/** Commands that connect through a forward, to be copied. Pure. */

export interface ForwardEndpoint {
  /** Where the page came from: the URL of the gateway. */
  readonly origin: string;
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

/** The ports of vLab's services, and the usual ones. */
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

export function connectCommands(endpoint: ForwardEndpoint): Command[] {
  const service = endpoint.protocol === "tcp" ? SERVICES.get(endpoint.targetPort) : undefined;
  const { origin, gateway, connPort } = endpoint;
  const at = `${gateway.includes(":") ? `[${gateway}]` : gateway}:${connPort}`;
  if (service === undefined) {
    return [{ label: "netcat", text: `nc ${endpoint.protocol === "udp" ? "-u " : ""}${gateway} ${connPort}` }];
  }
  const ours = (protocol: string): Command => ({
    label: `sallyport ${protocol}`,
    text: [
      `sallyport connect --gateway ${origin} --name ${quoted(endpoint.targetName)}`,
      `--protocol ${protocol} --conn-port ${connPort}`,
    ].join(" "),
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

/** Quotes a name as one word for every shell. */
function quoted(name: string): string {
  if (/^[A-Za-z0-9._@:-]+$/.test(name)) return name;
  if (!/["$`\\!%]/.test(name)) return `"${name}"`;
  return `'${name.replaceAll("'", "'\\''")}'`;
}
