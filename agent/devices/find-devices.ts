/** Lists the devices of this machine with their own tools, as far as those are installed. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "../../base/tools.js";
import type { Device } from "../jobs-api/schemas.js";
import { fpgasOnBus, parseFpgaSlots } from "./parse-fpga.js";
import { parseNeuron } from "./parse-neuron.js";
import { NVIDIA_FIELDS, parseNvidia } from "./parse-nvidia.js";

export interface Devices {
  readonly devices: readonly Device[];
  /** Installed tools that failed. */
  readonly errors: ReadonlyArray<{ readonly tool: string; readonly detail: string }>;
}

export interface DevicePlaces {
  readonly env: NodeJS.ProcessEnv;
  /** @default "/sys/bus/pci/devices" */
  readonly pci?: string;
}

interface Tool {
  readonly program: string;
  /** The installer's path, for a tool that is not on PATH. */
  readonly usually?: string;
  readonly args: readonly string[];
  readonly parse: (text: string) => Device[];
}

const TOOLS: readonly Tool[] = [
  {
    program: "nvidia-smi",
    args: [`--query-gpu=${NVIDIA_FIELDS.join(",")}`, "--format=csv,noheader,nounits"],
    parse: parseNvidia,
  },
  { program: "neuron-ls", usually: "/opt/aws/neuron/bin", args: ["--json-output"], parse: parseNeuron },
  { program: "fpga-describe-local-image-slots", args: [], parse: parseFpgaSlots },
];

/** A hanging driver must not hang its readers. */
const LIMIT_MS = 5_000;
/** A query wakes a GPU, and the list does not change by the second. */
const FRESH_MS = 10_000;

/** @returns a function that caches its result for 10 s. */
export function deviceFinder(places: DevicePlaces): () => Promise<Devices> {
  let last: { readonly at: number; readonly found: Promise<Devices> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > FRESH_MS) {
      last = { at: performance.now(), found: findDevices(places) };
    }
    return last.found;
  };
}

export async function findDevices(places: DevicePlaces): Promise<Devices> {
  const answers = await Promise.all(TOOLS.map((tool) => askTool(tool, places.env)));
  const devices = answers.flatMap((answer) => answer.devices);
  // Without the tool, or the right to use it, the bus still shows the devices.
  const onBus = devices.some(({ kind }) => kind === "fpga") ? [] : await fpgasOf(places.pci ?? "/sys/bus/pci/devices");
  return { devices: [...devices, ...onBus], errors: answers.flatMap((answer) => answer.errors) };
}

async function askTool(tool: Tool, env: NodeJS.ProcessEnv): Promise<Devices> {
  const { program, usually, args, parse } = tool;
  const path = [env.PATH, usually].filter((dir) => dir !== undefined).join(":");
  const file = findProgram(program, { ...env, PATH: path });
  if (file === undefined) return { devices: [], errors: [] };
  try {
    // Only hosts with such a tool pay for starting programs.
    const { runOk } = await import("../../base/process/run.js");
    const { stdout } = await runOk(file, args, {
      timeoutMs: LIMIT_MS,
      endsWithUs: true,
      env: { PATH: path, LANG: "C" },
      inheritEnv: false,
    });
    return { devices: parse(stdout), errors: [] };
  } catch (error) {
    return { devices: [], errors: [{ tool: program, detail: error instanceof Error ? error.message : String(error) }] };
  }
}

async function fpgasOf(pci: string): Promise<Device[]> {
  const addresses = await readdir(pci).catch(() => []);
  const functions = await Promise.all(
    addresses.map(async (address) => {
      const read = (name: string) => readFile(join(pci, address, name), "utf8").catch(() => "");
      return { address, vendor: await read("vendor"), device: await read("device") };
    }),
  );
  return fpgasOnBus(functions);
}
