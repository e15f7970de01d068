/** Faults that keep the engine from starting. */
import { EXIT, Fault, quote } from "../../base/fault.js";

const usage = (code: string, message: string, hint: string) =>
  new Fault(`agent/${code}`, message, { exit: EXIT.usage, hint });

export const jobsDirectoryUnusable = (path: string, reason: string) =>
  usage(
    "jobs-directory-unusable",
    `jobs_dir ${quote(path)} cannot be used (${reason})`,
    "name a directory that the agent's user may make and write",
  );

export const jobsDirectoryShared = (path: string, directory: string) =>
  usage(
    "jobs-directory-shared",
    `jobs_dir ${quote(path)} and the authorized directory ${quote(directory)} lie in one another`,
    "clients must not reach the files of jobs: move one of them",
  );

export const jobsDirectoryBusy = (path: string, pid: number) =>
  new Fault("agent/jobs-directory-busy", `jobs_dir ${quote(path)} is in use by process ${pid}`, {
    exit: EXIT.conflict,
    hint: "stop the other agent, or give this one a jobs_dir of its own",
  });
