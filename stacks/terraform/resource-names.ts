/** Maps Terraform addresses back to the constructs that they come from, for messages. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stackDir } from "../files.js";
import { STACK_NAME, type StackName } from "../names.js";

type ByType = Record<string, Record<string, { readonly "//"?: { readonly metadata?: { readonly path?: string } } }>>;

interface Synthesized {
  readonly resource?: ByType;
  readonly data?: ByType;
}

/** @returns `accelerator-1/Instance` for `aws_instance.accelerator-1_Instance_0A1B2C3D`. */
export async function resourceNames(
  outdir: string,
  stack: StackName = STACK_NAME,
): Promise<(address: string) => string> {
  const { resource = {}, data = {} } = await synthesized(join(stackDir(outdir, stack), "cdk.tf.json"));
  const paths = new Map<string, string>();
  for (const [prefix, byType] of [
    ["", resource],
    ["data.", data],
  ] as const) {
    for (const [type, byName] of Object.entries(byType)) {
      for (const [name, { "//": comment }] of Object.entries(byName)) {
        const path = comment?.metadata?.path;
        if (path !== undefined) paths.set(`${prefix}${type}.${name}`, path.slice(`${stack}/`.length));
      }
    }
  }
  return (address) => readableAddress(address, (key) => paths.get(key));
}

/** The directory may be thrown away, or written by a command that was killed: names are only for messages. */
async function synthesized(file: string): Promise<Synthesized> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Synthesized;
  } catch {
    return {};
  }
}

/** `provider["registry.terraform.io/hashicorp/aws"].alias`; the registry depends on the binary and says nothing. */
const PROVIDER = /^((?:module\.[^.]+\.)*)provider\["(?:[^"/]+\/)?([^"]+)"\](?:\.(.+))?$/;
/** A resource or a data source, perhaps in modules, perhaps one instance of several: `[0]`, `["key"]`. */
const RESOURCE = /^((?:module\.[^.[]+(?:\[[^\]]*\])?\.)*)((?:data\.)?[\w-]+\.)([\w-]+)(\[.*\])?$/;

/** Pure. @param pathOf the construct's path of a resource or data source, if it is known */
export function readableAddress(address: string, pathOf: (key: string) => string | undefined): string {
  const provider = PROVIDER.exec(address);
  if (provider !== null) {
    const [, modules = "", source = "", alias] = provider;
    return `${modules}provider ${source}${alias === undefined ? "" : ` (${alias})`}`;
  }
  const resource = RESOURCE.exec(address);
  if (resource === null) return address;
  const [, modules = "", type = "", name = "", instance = ""] = resource;
  return `${modules}${pathOf(type + name) ?? pathOfName(name)}${instance}`;
}

/** The path as the name alone tells it: cdktf joins its steps with underscores and appends eight digits. */
function pathOfName(name: string): string {
  return name.replace(/_[0-9A-F]{8}$/, "").replaceAll("_", "/");
}
