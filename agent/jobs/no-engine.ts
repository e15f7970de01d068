/** The engine of a host without accelerators: no directory, no jobs. */
import { noAccelerator } from "./problems.js";
import type { JobEngine } from "./types.js";

export const noEngine: JobEngine = {
  accelerators: () => [],
  defaultAccelerator: undefined,
  draft: async () => {
    throw noAccelerator("");
  },
  submit: async ({ accelerator }) => {
    throw noAccelerator(accelerator);
  },
  get: () => undefined,
  list: () => [],
  cancel: async () => undefined,
  remove: async () => false,
  openOutput: async () => undefined,
  follow: () => () => undefined,
  busy: () => 0,
  resume: () => undefined,
  stopping: new AbortController().signal,
  close: async () => undefined,
};
