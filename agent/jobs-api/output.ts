/** `GET /v1/jobs/{id}/output`: a job's private output, with ranges and conditions as for any file. */
import { closeSync } from "node:fs";
import type { Exchange } from "../../http/server/exchange.js";
import type { Digests } from "../files/digests.js";
import { sendFile } from "../files/get.js";
import { statOf } from "../guard/proc-fd.js";
import type { JobEngine } from "../jobs/types.js";
import { formatFileRef } from "./host-url.js";
import { noJob, noOutput, notDone } from "./problems.js";

export async function sendOutput(exchange: Exchange, engine: JobEngine, id: string, digests: Digests): Promise<void> {
  const job = engine.get(id);
  if (job === undefined) throw noJob();
  if (job.state !== "done") throw notDone(job.state);
  if (job.output?.kind === "host") throw noOutput(formatFileRef(job.output));
  const opened = await engine.openOutput(id);
  if (opened === undefined) throw noOutput();
  try {
    await sendFile(exchange, { fd: opened.fd, stat: statOf(opened.fd) }, digests);
  } finally {
    closeSync(opened.fd);
  }
}
