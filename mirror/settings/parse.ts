/** Parses mirror.yaml into checked settings with all defaults. Pure. */
import { isAbsolute } from "node:path";
import { settingsParser } from "../../http/daemon/settings.js";
import { isLoopback } from "../../net/address.js";
import { CONNECTIONS, isServed } from "../codeartifact/names.js";
import { badSetting, emulatorNotLocal, needsTls, needsUrl } from "../errors.js";
import { type MirrorConfig, MirrorConfigSchema } from "./schema.js";

const parse = settingsParser<MirrorConfig>("mirror", MirrorConfigSchema);

/** @param file for faults. @throws Fault */
export function parseConfig(source: string, file: string): MirrorConfig {
  const config = parse(source, file);
  checkConfig(config, file);
  return config;
}

/** Rules that a schema cannot express. @throws Fault */
function checkConfig(config: MirrorConfig, file: string): void {
  const { address } = config.listen;
  const local = isLoopback(address);
  if (config.emulator && !local) throw emulatorNotLocal(address);
  if (config.tls === undefined && !local) throw needsTls(address);
  const anywhere = ["::", "0.0.0.0"].includes(address);
  if (anywhere && config.url === undefined) throw needsUrl(address);
  for (const [name, source] of Object.entries(config.connections)) {
    const format = Object.hasOwn(CONNECTIONS, name) ? CONNECTIONS[name] : undefined;
    if (format === undefined || !isServed(format)) {
      throw badSetting(file, "connections", name, '"public:pypi" or "public:npmjs"');
    }
    const isUrl = /^https?:\/\//.test(source) && URL.canParse(source);
    if (!isUrl && !isAbsolute(source) && !source.startsWith("~/")) {
      throw badSetting(file, `connections.${name}`, source, "an https:// URL or an absolute path");
    }
  }
}
