/** One question to AWS before anything costs: all read, and none takes longer than the limit. */
import { setMaxListeners } from "node:events";
import { EC2Client } from "@aws-sdk/client-ec2";
import { untilAborted } from "../../base/async/until-aborted.js";
import { awsCode, awsMessage } from "../../firewall/security-group/aws-errors.js";
import { awsConnection } from "../../http/client/aws.js";
import { callAwsJson } from "../../http/client/aws-json.js";
import { cloudOf } from "../names.js";
import type { Fact } from "./facts.js";

export interface AskOptions {
  readonly region: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the questions, and with them the command. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the questions that are open. */
  readonly limit: AbortSignal;
}

export class Asker {
  readonly ec2: EC2Client;
  readonly http: { readonly abortSignal: AbortSignal };

  constructor(readonly options: AskOptions) {
    const { region, env, signal, limit } = options;
    this.ec2 = new EC2Client({ region, maxAttempts: 2, ...awsConnection({ env }) });
    const abortSignal = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    // Every question listens to it.
    setMaxListeners(0, abortSignal);
    this.http = { abortSignal };
  }

  close(): void {
    this.ec2.destroy();
  }

  async json(call: Pick<Parameters<typeof callAwsJson>[0], "endpoint" | "service" | "region" | "target" | "body">) {
    const { env } = this.options;
    const credentials = await this.ec2.config.credentials();
    return callAwsJson({ ...call, credentials, env, signal: this.http.abortSignal });
  }

  endpoint(service: string, host: string): string {
    const { env, region } = this.options;
    const given = env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL;
    return given || `https://${host}.${cloudOf(region).dnsSuffix}`;
  }

  /** The SDK fetches credentials without a signal, so the limit ends the waiting and not only the request. */
  async ask<T>(action: string, call: () => Promise<T>): Promise<Fact<T>> {
    const { signal, limit } = this.options;
    try {
      const ended = untilAborted(this.http.abortSignal).then((): never => {
        throw this.http.abortSignal.reason;
      });
      return { known: true, value: await Promise.race([call(), ended]) };
    } catch (error) {
      signal?.throwIfAborted();
      if (limit.aborted) return { known: false, why: "AWS did not answer in time" };
      const isDenied = ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"].includes(awsCode(error));
      return { known: false, why: isDenied ? `these credentials may not call ${action}` : awsMessage(error) };
    }
  }
}
