/** Opens the directory of the jobs, takes up what an earlier agent left, and makes the engine. */
import { expandPath } from "../settings/load.js";
import type { AgentConfig } from "../settings/schema.js";
import { type EngineOptions, QueueEngine } from "./engine.js";
import { kindOf, resolveProgram, searchPath } from "./executors.js";
import { JobQueue } from "./job-queue.js";
import { JobStore } from "./job-store.js";
import { openJobsDirectory } from "./jobs-directory.js";
import { recover } from "./recover.js";
import type { JobEngine } from "./types.js";

/**
 * Ends the leftovers of an earlier agent, then accepts jobs. None runs before {@link JobEngine.resume}.
 *
 * @throws Fault
 */
export async function startEngine(
  config: Pick<AgentConfig, "accelerators" | "jobs_dir" | "keep_jobs_seconds">,
  options: EngineOptions,
): Promise<JobEngine> {
  const { env, log } = options;
  const { path, unlock } = await openJobsDirectory(expandPath("jobs_dir", config.jobs_dir, env), options.roots);
  try {
    const store = new JobStore(path);
    const past = await recover(store);
    const { interrupted, removed, queued } = past;
    if (interrupted + removed > 0) {
      log.warn({ event: "jobs-recovered", interrupted, removed }, "jobs of an earlier run were ended as failed");
    }
    if (queued.length > 0) log.info({ event: "jobs-queued", queued: queued.length }, "jobs of an earlier run wait");
    if (past.outlasted.length > 0) log.error({ event: "processes-left", pids: past.outlasted });
    const queues = Object.entries(config.accelerators).map(([name, settings]) => {
      const program = resolveProgram(settings, searchPath(env), options.builtins);
      if ("missing" in program) {
        log.warn({ event: "not-startable", accelerator: name, reason: program.missing }, "its jobs will fail");
      }
      return new JobQueue(name, kindOf(settings), settings, program);
    });
    const engine = new QueueEngine({
      queues,
      store,
      keepMs: config.keep_jobs_seconds * 1000,
      lastId: past.lastId,
      unlock,
      options,
    });
    await engine.remember(past);
    return engine;
  } catch (error) {
    await unlock();
    throw error;
  }
}
