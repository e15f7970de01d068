/**
 * `sallyport firewall sync` as a Lambda function. It cannot lock itself out, because it needs none of the
 * rules. Every other safety check holds, and a refusal shows as a failed invocation.
 */

import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { connectEc2, type Ec2 } from "../security-group/ec2.js";
import { endExpiredLeases } from "../security-group/leases.js";
import type { Report } from "../security-group/report.js";
import { sync } from "../security-group/sync.js";
import { parseSource } from "../sources/parse-source.js";
import { readSources } from "../sources/read-source.js";
import { readAuthorization } from "./secret.js";
import { readSettings, type SyncSettings } from "./settings.js";

/** One run. The report is also the only line in the log. */
export async function handler(): Promise<Report> {
  const ec2 = connectEc2();
  try {
    const settings = readSettings(process.env);
    const report = await run(settings, ec2);
    console.log(JSON.stringify({ owner: settings.owner, ...report }));
    return report;
  } catch (error) {
    // The runtime logs the stack trace; this adds the reason and the hint.
    if (error instanceof Fault) console.error([error.message, error.hint].filter(Boolean).join("\n"));
    throw error;
  } finally {
    ec2.close();
  }
}

async function run(settings: SyncSettings, ec2: Ec2): Promise<Report> {
  const { sources, targets, owner, permits: overrides, family, quota, credentials } = settings;
  const limit = quota === undefined ? {} : { quota };
  if (sources.length === 0) {
    const groupIds = targets.flatMap((target) => (target.kind === "group" ? [target.groupId] : []));
    return endExpiredLeases({ ec2, groupIds, ...limit });
  }
  const addresses = await readSources(
    sources.map(parseSource),
    defined({
      env: process.env,
      skipInvalid: overrides.skipInvalid ?? false,
      authorization: credentials === undefined ? undefined : await readAuthorization(credentials),
    }),
  );
  return sync({ ec2, addresses, targets, owner, overrides, ...limit, ...defined({ family }) });
}
