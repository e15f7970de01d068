/** Parses agent.yaml into a checked configuration with all defaults filled in. Pure. */
import { settingsParser } from "../../http/daemon/settings.js";
import { directoryTwice, onePerAccelerator, relativeProgram } from "../errors.js";
import { type AcceleratorSettings, type AgentConfig, AgentConfigSchema } from "./schema.js";

const parse = settingsParser<AgentConfig>("agent", AgentConfigSchema);

/** @param file only named in errors. */
export function parseConfig(source: string, file: string): AgentConfig {
  const value = parse(source, file);
  const names = value.authorized_host_dirs.map((dir) => dir.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw directoryTwice(twice);
  for (const [name, settings] of Object.entries(value.accelerators)) checkProgram(name, settings);
  return value;
}

/** Does not check that the program exists: it may be installed later, and until then its jobs fail. */
function checkProgram(name: string, { builtin, command, filter }: AcceleratorSettings): void {
  const given = [builtin, command, filter].filter((program) => program !== undefined);
  if (given.length !== 1) throw onePerAccelerator(name, given.length);
  const [program = ""] = command ?? filter ?? [];
  if (program.includes("/") && !program.startsWith("/")) throw relativeProgram(name, program);
}
