/** Devices, from what their own tools print. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { deviceFinder, findDevices } from "../../../agent/devices/find-devices.js";
import { fpgasOnBus, parseFpgaSlots } from "../../../agent/devices/parse-fpga.js";
import { parseNeuron } from "../../../agent/devices/parse-neuron.js";
import { parseNvidia } from "../../../agent/devices/parse-nvidia.js";

const dir = mkdtempSync(join(tmpdir(), "sallyport-devices-"));
afterAll(() => rmSync(dir, { recursive: true }));

const NVIDIA = `0, Tesla T4, 00000000:00:1E.0, 15360, 2, 0, 535.183.01
1, NVIDIA A100-SXM4-40GB MIG 1g.5gb, 00000000:00:1F.0, 40960, 1024, [N/A], 535.183.01
`;
const NEURON = `[
  {"neuron_device": 0, "bdf": "00:1e.0", "connected_to": null, "nc_count": 2, "memory_size": 34359738368,
   "neuron_processes": []},
  {"neuron_device": 1, "bdf": "00:1f.0", "connected_to": [0], "nc_count": 2, "memory_size": 34359738368,
   "neuron_processes": [{"pid": 101, "command": "python", "neuroncore_ids": [0]}]}
]`;
const FPGA = `Type  FpgaImageSlot  VendorId    DeviceId    DBDF
AFIDEVICE    0       0x1d0f      0xf000      0000:00:0f.0
AFIDEVICE    1       0x1D0F      0x1042      0000:00:1D.0
`;

describe("what the tools print", () => {
  test("nvidia-smi: MiB become bytes, and what a GPU does not tell is left out", () => {
    expect(parseNvidia(NVIDIA)).toEqual([
      {
        kind: "nvidia",
        id: "0",
        name: "Tesla T4",
        address: "00000000:00:1e.0",
        memory_bytes: 16_106_127_360,
        memory_used_bytes: 2_097_152,
        utilization_percent: 0,
        driver: "535.183.01",
      },
      expect.not.objectContaining({ utilization_percent: expect.anything() }),
    ]);
    expect(parseNvidia("No devices were found\n")).toEqual([]);
    expect(parseNvidia("")).toEqual([]);
  });

  test("neuron-ls", () => {
    expect(parseNeuron(NEURON)[1]).toEqual({
      kind: "neuron",
      id: "1",
      name: "AWS Neuron device",
      address: "00:1f.0",
      memory_bytes: 34_359_738_368,
      cores: 2,
    });
    expect(parseNeuron("[]")).toEqual([]);
    expect(() => parseNeuron("{}")).toThrow("another form");
    expect(() => parseNeuron("no devices")).toThrow();
  });

  test("fpga-describe-local-image-slots, with a head and without", () => {
    expect(parseFpgaSlots(FPGA)).toEqual([
      { kind: "fpga", id: "0", name: "AWS FPGA 0x1d0f:0xf000", address: "0000:00:0f.0" },
      { kind: "fpga", id: "1", name: "AWS FPGA 0x1d0f:0x1042", address: "0000:00:1d.0" },
    ]);
  });

  test("the PCI bus: Amazon's FPGAs, and not its network cards and disks", () => {
    const functions = [
      { address: "0000:00:1d.0", vendor: "0x1d0f\n", device: "0xf001\n" },
      { address: "0000:00:05.0", vendor: "0x1d0f\n", device: "0xec20\n" },
      { address: "0000:00:04.0", vendor: "0x1d0f\n", device: "0x8061\n" },
      { address: "0000:00:0f.0", vendor: "0x1D0F\n", device: "0xF000\n" },
      { address: "0000:00:1e.0", vendor: "0x10de\n", device: "0xf000\n" },
    ];
    expect(fpgasOnBus(functions).map(({ id, address }) => [id, address])).toEqual([
      ["0", "0000:00:0f.0"],
      ["1", "0000:00:1d.0"],
    ]);
  });
});

describe("a machine", () => {
  const install = (bin: string, name: string, script: string) => {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const print = (text: string) => `cat <<'END'\n${text}\nEND`;

  test("with all of them: each tool is asked for machine-readable output", async () => {
    const bin = join(dir, "all");
    install(
      bin,
      "nvidia-smi",
      `case "$*" in --query-gpu=index,name,*noheader,nounits) ${print(NVIDIA)}\n;; *) exit 2;; esac`,
    );
    install(bin, "neuron-ls", `[ "$*" = --json-output ] || exit 2\n${print(NEURON)}`);
    install(bin, "fpga-describe-local-image-slots", print(FPGA));
    const { devices, errors } = await findDevices({ env: { PATH: `${bin}:/usr/bin:/bin` }, pci: join(dir, "no-bus") });
    expect(errors).toEqual([]);
    expect(devices.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      "nvidia 0",
      "nvidia 1",
      "neuron 0",
      "neuron 1",
      "fpga 0",
      "fpga 1",
    ]);
  });

  test("with a tool that fails: the others are told, and why that one is not", async () => {
    const bin = join(dir, "some");
    install(bin, "nvidia-smi", "echo 'NVIDIA-SMI has failed because it could not communicate with the driver'; exit 9");
    install(bin, "neuron-ls", "echo 'not json'");
    const pci = join(dir, "bus");
    mkdirSync(join(pci, "0000:00:0f.0"), { recursive: true });
    writeFileSync(join(pci, "0000:00:0f.0/vendor"), "0x1d0f\n");
    writeFileSync(join(pci, "0000:00:0f.0/device"), "0xf000\n");
    const { devices, errors } = await findDevices({ env: { PATH: `${bin}:/usr/bin:/bin` }, pci });
    expect(devices.map(({ kind }) => kind)).toEqual(["fpga"]);
    expect(errors.map(({ tool }) => tool)).toEqual(["nvidia-smi", "neuron-ls"]);
    expect(errors[0]?.detail).toContain("ended with status 9");
  });

  test("with none has none, and is not asked again at once", async () => {
    const find = deviceFinder({ env: { PATH: join(dir, "empty") }, pci: join(dir, "no-bus") });
    expect(await find()).toEqual({ devices: [], errors: [] });
    expect(find()).toBe(find());
  });
});
