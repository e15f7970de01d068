/** The first gateway.yaml of a gateway, from what its machine has. Pure. */
import type { networkInterfaces } from "node:os";
import { EXIT, Fault, quote } from "../../base/fault.js";
import { parseBlock } from "../forwards/block.js";

export interface InitialRequest {
  readonly name: string;
  /** @default the interface of the default route */
  readonly wan?: string | undefined;
  /** @default the only other interface */
  readonly lan?: string | undefined;
  /** @default the networks of `lan` */
  readonly lab?: readonly string[] | undefined;
  /** Where users connect: an address or a DNS name. @default the address of `wan` */
  readonly address?: string | undefined;
  readonly port: number;
}

export interface MachineNetwork {
  readonly interfaces: ReturnType<typeof networkInterfaces>;
  /** Interface of the default route. */
  readonly defaultDevice: string | undefined;
}

export interface InitialGateway {
  readonly name: string;
  readonly wan: string;
  readonly lan: string;
  readonly lab: readonly string[];
  readonly address: string;
  readonly port: number;
  /** Also the issuer of its tokens. */
  readonly url: string;
}

/** @throws Fault that names the flag for what this machine does not tell. */
export function initialGateway(request: InitialRequest, machine: MachineNetwork): InitialGateway {
  const names = Object.keys(machine.interfaces).filter((name) => !isLoopback(machine, name));
  const wan = request.wan ?? machine.defaultDevice;
  if (wan === undefined) throw unclear("--wan", "there is no default route", names);
  const others = names.filter((name) => name !== wan);
  const lan = request.lan ?? (others.length === 1 ? others[0] : undefined);
  if (lan === undefined) throw unclear("--lan", `there are ${others.length} interfaces besides ${quote(wan)}`, others);
  if (lan === wan) throw unclear("--lan", `${quote(lan)} is the interface towards the users`, others);
  const lab =
    request.lab ?? globalAddresses(machine, lan).flatMap(({ cidr }) => parseBlock(cidr ?? "")?.toString() ?? []);
  const wrong = lab.find((block) => !block.includes("/") || parseBlock(block) === undefined);
  if (wrong !== undefined)
    throw usage("bad-lab", `--lab has ${quote(wrong)}`, 'write a block such as "192.168.1.0/24"');
  if (lab.length === 0)
    throw usage("no-lab", `${quote(lan)} has no address`, 'name the lab\'s networks: "--lab 192.168.1.0/24"');
  const address = request.address ?? globalAddresses(machine, wan)[0]?.address;
  if (address === undefined) {
    throw usage("no-address", `${quote(wan)} has no address`, 'say where users connect: "--address 198.51.100.1"');
  }
  const { name, port } = request;
  const host = address.includes(":") ? `[${address}]` : address;
  return { name, wan, lan, lab, address, port, url: `https://${host}${port === 443 ? "" : `:${port}`}` };
}

export interface InitialPaths {
  readonly dir: string;
  readonly cert: string;
  readonly key: string;
  readonly secret: string;
}

/** JSON strings are YAML too, so a path may have any characters. */
export function initialYaml(gateway: InitialGateway, { dir, cert, key, secret }: InitialPaths): string {
  const text = (value: unknown) => JSON.stringify(value);
  return `# Written by "sallyport gateway init".
name: ${text(gateway.name)}
listen: { https_port: ${gateway.port} }
tls:
  cert: ${text(cert)}
  key: ${text(key)}
wan: ${text(gateway.wan)}    # towards the users
lan: ${text(gateway.lan)}    # towards the lab
public_address: ${text(gateway.address)}
lab_networks: [${gateway.lab.map(text).join(", ")}]
ports: { min: 50000, max: 50100 }
# What a forward has if its request does not say.
forwards:
  sources: caller          # or anywhere
  expires_seconds: 28800   # or never
database: ${text(`pglite:${dir}/db`)}
state_dir: ${text(dir)}
auth:
  issuer: ${text(gateway.url)}
  key: ${text(secret)}
`;
}

/** The interface of the default route in /proc/net/route. */
export function defaultDeviceIn(routes: string): string | undefined {
  const rows = routes.split("\n").map((line) => line.split("\t"));
  return rows.find(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")?.[0];
}

const globalAddresses = ({ interfaces }: MachineNetwork, name: string) =>
  (interfaces[name] ?? [])
    .filter(({ address, internal }) => !internal && !/^fe80:|^169\.254\./i.test(address))
    .sort((a, b) => a.family.localeCompare(b.family));

const isLoopback = ({ interfaces }: MachineNetwork, name: string) =>
  (interfaces[name] ?? []).every(({ internal }) => internal);

const usage = (code: string, message: string, hint: string) =>
  new Fault(`gateway/${code}`, message, { exit: EXIT.usage, hint });

const unclear = (flag: string, why: string, names: readonly string[]) =>
  usage(
    "interface-needed",
    `which interface ${flag} is cannot be told: ${why}`,
    `name one with "${flag} NAME"${names.length === 0 ? "" : `: ${names.join(", ")}`}`,
  );
