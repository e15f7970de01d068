/** Parses gateway.yaml into checked settings with all defaults. Pure. */
import { settingsParser } from "../../http/daemon/settings.js";
import { Address } from "../../net/address.js";
import { badSetting, noKeySource } from "../errors.js";
import { parseBlock, parseBlocks } from "../forwards/block.js";
import { isName, NAME_RULE } from "../forwards/check.js";
import { type GatewayConfig, GatewayConfigSchema } from "./schema.js";

const parse = settingsParser<GatewayConfig>("gateway", GatewayConfigSchema);
const DEVICE = /^[A-Za-z0-9._-]{1,15}$/;
const ALGORITHMS = /^(?:HS|RS|ES|PS)(?:256|384|512)$|^EdDSA$|^Ed25519$/;

/** @param file for error messages. */
export function parseConfig(source: string, file: string): GatewayConfig {
  const config = parse(source, file);
  const { ports, auth } = config;
  for (const key of ["wan", "lan"] as const) {
    if (!DEVICE.test(config[key])) throw badSetting(file, key, config[key], "the name of a network interface");
  }
  checkBlocks(file, "lab_networks", config.lab_networks);
  checkBlocks(file, "auth.trusted_proxies", auth.trusted_proxies);
  checkMachines(file, config);
  if (ports.min > ports.max) throw badSetting(file, "ports.max", ports.max, `a port from ${ports.min} (ports.min)`);
  const own = config.listen.https_port;
  if (own >= ports.min && own <= ports.max) {
    throw badSetting(file, "listen.https_port", own, `a port outside ${ports.min} to ${ports.max} (ports)`);
  }
  const weak = auth.algorithms.find((algorithm) => !ALGORITHMS.test(algorithm));
  if (weak !== undefined) throw badSetting(file, "auth.algorithms", weak, "HS256, RS256, ES256, PS256 or EdDSA");
  if (auth.key === undefined && auth.jwks_url === undefined && auth.vlab_url === undefined) throw noKeySource(file);
  for (const key of ["jwks_url", "vlab_url"] as const) {
    const url = auth[key];
    // Over an unencrypted connection, anyone could replace the key.
    if (url !== undefined && !isHttps(url)) throw badSetting(file, `auth.${key}`, url, "an https:// URL");
  }
  return config;
}

function checkBlocks(file: string, key: string, blocks: readonly string[]): void {
  const wrong = blocks.findIndex((block) => !block.includes("/") || parseBlock(block) === undefined);
  if (wrong < 0) return;
  throw badSetting(file, `${key}.${wrong}`, blocks[wrong], 'a block of addresses such as "192.168.1.0/24"');
}

function checkMachines(file: string, { machines, lab_networks }: GatewayConfig): void {
  const networks = parseBlocks(lab_networks);
  const seen = new Set<string>();
  for (const [index, { name, addr, component }] of machines.entries()) {
    const key = `machines.${index}`;
    if (!isName(name)) throw badSetting(file, `${key}.name`, name, NAME_RULE);
    if (!isName(component)) throw badSetting(file, `${key}.component`, component, NAME_RULE);
    const address = Address.parse(addr);
    if (address === undefined || !networks.some((network) => network.contains(address))) {
      throw badSetting(file, `${key}.addr`, addr, `an address within ${networks.join(" or ")} (lab_networks)`);
    }
    const text = `${name} ${address}`;
    if (seen.has(text)) throw badSetting(file, key, text, "each machine once");
    seen.add(text);
  }
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === "https:";
}
