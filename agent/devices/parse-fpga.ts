/** FPGAs of AWS, from their tool or from the PCI bus. Pure. */
import type { Device } from "../jobs-api/schemas.js";

/** Lines `AFIDEVICE SLOT VENDOR DEVICE DBDF` of `fpga-describe-local-image-slots`; -H adds a header. */
export function parseFpgaSlots(text: string): Device[] {
  const found = text.matchAll(/^AFIDEVICE\s+(\d+)\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+(\S+)\s*$/gim);
  return [...found].map(([, slot = "", vendor = "", device = "", address = ""]) => ({
    kind: "fpga",
    id: slot,
    name: `AWS FPGA ${vendor.toLowerCase()}:${device.toLowerCase()}`,
    address: address.toLowerCase(),
  }));
}

export interface PciFunction {
  /** Of /sys/bus/pci/devices: `0000:00:1d.0`. */
  readonly address: string;
  /** As in their files: `0x1d0f`. */
  readonly vendor: string;
  readonly device: string;
}

const AMAZON = "0x1d0f";
/** Ids from the FPGA Developer Kit: a cleared slot, and its examples. A design may choose others. */
const FPGA = /^0x(?:f0[0-9a-f]{2}|1042)$/;

export function fpgasOnBus(functions: readonly PciFunction[]): Device[] {
  return functions
    .map((each) => ({ ...each, vendor: each.vendor.trim().toLowerCase(), device: each.device.trim().toLowerCase() }))
    .filter(({ vendor, device }) => vendor === AMAZON && FPGA.test(device))
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .map(({ address, vendor, device }, index) => ({
      kind: "fpga",
      id: String(index),
      name: `AWS FPGA ${vendor}:${device}`,
      address,
    }));
}
