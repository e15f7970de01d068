/**
 * Which proxy the environment names for a request. Pure. The rules are those of Terraform's Go and of curl, so that a
 * network that lets Terraform out lets the kit out too: HTTPS_PROXY for https, HTTP_PROXY for http, neither for the
 * other; lower case wins; NO_PROXY lists hosts with their subdomains, addresses, blocks, each with a port or without,
 * or `*`. This machine itself is never reached through a proxy.
 */
import { Address, isLoopback } from "../../net/address.js";
import { Cidr } from "../../net/cidr.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error if the variable names something that is no HTTP proxy */
export function proxyFor({ protocol, hostname, port }: URL, env: Environment): URL | undefined {
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = variable(env, name);
  if (proxy === undefined) return undefined;
  const host = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isLoopback(host)) return undefined;
  const at = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  const past = (variable(env, "NO_PROXY") ?? "").split(/[,\s]+/).filter(Boolean);
  return past.some((entry) => covers(entry.toLowerCase(), host, at)) ? undefined : proxyUrl(name, proxy);
}

/** Name of the variable that sends this machine's requests through a proxy, for messages. */
export function proxyVariable(env: Environment): "HTTPS_PROXY" | "HTTP_PROXY" | undefined {
  return (["HTTPS_PROXY", "HTTP_PROXY"] as const).find((name) => variable(env, name) !== undefined);
}

function variable(env: Environment, name: string): string | undefined {
  return (env[name.toLowerCase()] || env[name])?.trim() || undefined;
}

/** The value may hold a password, so no error shows it. */
function proxyUrl(name: string, text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new Error(`${name} names no HTTP proxy: write http://HOST:PORT`);
  }
  return url;
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const [, bracketed, bare, only] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  // An IPv6 address or block without brackets has no port.
  const name = bracketed ?? bare ?? entry;
  if (only !== undefined && only !== port) return false;
  const address = Address.parse(host);
  if (address !== undefined) return Cidr.tryOf(name)?.contains(address) === true;
  const domain = name.replace(/^\*?\./, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}
