/** The edge to EC2 for existing machines: state, start, stop, and spot prices. */
import {
  DescribeInstancesCommand,
  DescribeSpotPriceHistoryCommand,
  EC2Client,
  type Instance,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { defined } from "../../base/defined.js";
import { awsCode } from "../../firewall/security-group/aws-errors.js";
import * as faults from "../../firewall/security-group/aws-faults.js";
import { awsConnection } from "../../http/client/aws.js";

export type InstanceState =
  | "pending"
  | "running"
  | "stopping"
  | "stopped"
  | "shutting-down"
  | "terminated"
  /** EC2 does not know the instance, or no longer. */
  | "gone";

export interface Machine {
  readonly id: string;
  readonly state: InstanceState;
  readonly type: string;
  readonly spot: boolean;
  readonly zone: string;
  /** When it was last started. */
  readonly startedAt?: Date;
}

export class Instances {
  readonly #client: EC2Client;

  /** Uses the credentials in the environment. */
  constructor(options: { readonly region: string }) {
    this.#client = new EC2Client({
      region: options.region,
      maxAttempts: 6,
      ...awsConnection(),
    });
  }

  close(): void {
    this.#client.destroy();
  }

  /** One entry per id, including ids that EC2 does not know. */
  async read(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, Machine>> {
    const machines = new Map(ids.map((id) => [id, unknown(id)]));
    if (ids.length === 0) return machines;
    // A filter ignores unknown ids. A list of ids would make the whole call fail.
    const Filters = [{ Name: "instance-id", Values: [...machines.keys()] }];
    let NextToken: string | undefined;
    do {
      const page: {
        Reservations?: { Instances?: Instance[] | undefined }[] | undefined;
        NextToken?: string | undefined;
      } = await this.#send("ec2:DescribeInstances", ids, () =>
        this.#client.send(new DescribeInstancesCommand({ Filters, NextToken }), abortable(signal)),
      );
      for (const raw of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)) {
        machines.set(raw.InstanceId ?? "", machineOf(raw));
      }
      NextToken = page.NextToken;
    } while (NextToken);
    return machines;
  }

  /** Does nothing to an instance that is running. */
  async start(id: string, signal?: AbortSignal): Promise<void> {
    const command = new StartInstancesCommand({ InstanceIds: [id] });
    await this.#send("ec2:StartInstances", [id], () => this.#client.send(command, abortable(signal)));
  }

  /** Does nothing to an instance that is stopped. */
  async stop(id: string, signal?: AbortSignal): Promise<void> {
    const command = new StopInstancesCommand({ InstanceIds: [id] });
    await this.#send("ec2:StopInstances", [id], () => this.#client.send(command, abortable(signal)));
  }

  /** The current price in US dollars per hour; undefined if EC2 gives none. */
  async spotPrice({ type, zone }: Machine, signal?: AbortSignal): Promise<number | undefined> {
    const command = new DescribeSpotPriceHistoryCommand({
      InstanceTypes: [type as "t3.micro"],
      ProductDescriptions: ["Linux/UNIX"],
      AvailabilityZone: zone,
      StartTime: new Date(),
      MaxResults: 1,
    });
    // A missing permission for prices must not hide the rest of the status.
    const answer = await this.#client.send(command, abortable(signal)).catch(() => undefined);
    const price = Number(answer?.SpotPriceHistory?.[0]?.SpotPrice ?? Number.NaN);
    return price > 0 ? price : undefined;
  }

  async #send<T>(action: string, ids: readonly string[], call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw faults.of(error, action, ids.join(", "));
    }
  }
}

/** EC2's code for an instance that cannot be stopped. */
export function isUnsupported(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return [awsCode(error), awsCode(cause)].includes("UnsupportedOperation");
}

function machineOf(raw: Instance): Machine {
  return defined({
    id: raw.InstanceId ?? "",
    state: raw.State?.Name ?? "gone",
    type: raw.InstanceType ?? "",
    spot: raw.InstanceLifecycle === "spot",
    zone: raw.Placement?.AvailabilityZone ?? "",
    startedAt: raw.LaunchTime,
  });
}

const unknown = (id: string): Machine => ({ id, state: "gone", type: "", spot: false, zone: "" });

const abortable = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });
