/** Parses the output of `neuron-ls --json-output`: an array with one object per device. Pure. */
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { defined } from "../../base/defined.js";
import type { Device } from "../jobs-api/schemas.js";

const NeuronDevice = Type.Object({
  neuron_device: Type.Integer(),
  bdf: Type.Optional(Type.String()),
  nc_count: Type.Optional(Type.Integer()),
  memory_size: Type.Optional(Type.Integer()),
});

/** @throws if the text does not have this form. */
export function parseNeuron(text: string): Device[] {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(Type.Array(NeuronDevice), value)) throw new Error("its JSON has another form");
  return value.map(({ neuron_device, bdf, nc_count, memory_size }) =>
    defined({
      kind: "neuron",
      id: String(neuron_device),
      name: "AWS Neuron device",
      address: bdf,
      memory_bytes: memory_size,
      cores: nc_count,
    }),
  );
}
