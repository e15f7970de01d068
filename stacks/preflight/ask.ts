/** The edge to AWS of the questions before a deployment. All read, all run at once, and none takes longer than the limit. */
import { setMaxListeners } from "node:events";
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeSpotPriceHistoryCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type Filter,
  type Instance,
  type Subnet,
} from "@aws-sdk/client-ec2";
import { untilAborted } from "../../base/async/until-aborted.js";
import { awsCode, awsMessage } from "../../firewall/security-group/aws-errors.js";
import { awsConnection } from "../../http/client/aws.js";
import { callAwsJson } from "../../http/client/aws-json.js";
import { isEmulated } from "../lifecycle/emulated.js";
import { cloudOf } from "../names.js";
import type { DefaultNetwork, Fact, Facts, ImageFacts, RunningMachine, SubnetFacts, TypeFacts } from "./facts.js";
import { priceKey } from "./facts.js";
import { type HourlyPrice, listedPrice, priceIn, productFilters } from "./price-list.js";
import { vcpuQuota } from "./quota-codes.js";
import type { WantedMachines } from "./wanted.js";

export interface AskOptions {
  readonly region: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the questions, and with them the command. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the questions that are open. */
  readonly limit: AbortSignal;
}

export async function askAws(wanted: readonly WantedMachines[], options: AskOptions): Promise<Facts> {
  const questions = new Questions(options);
  const types = [...new Set(wanted.flatMap((machines) => machines.types))];
  const subnetIds = wanted.flatMap(({ network }) => (network.kind === "subnets" ? network.ids : []));
  const imageIds = wanted.map(({ ami }) => ami).filter((ami) => ami.startsWith("ami-"));
  // An emulator has neither, and takes long to say so.
  const machines = isEmulated(options.env) ? [] : wanted;
  const needsDefault = wanted.some(({ network }) => network.kind === "default");
  try {
    const [network, subnets, zones, facts, images, quotas, running, prices] = await Promise.all([
      needsDefault ? questions.network() : none<DefaultNetwork>({ vpcId: undefined, zones: [], isPublic: true }),
      subnetIds.length === 0 ? none(new Map<string, SubnetFacts>()) : questions.subnets(subnetIds),
      types.length === 0 ? none(new Map<string, readonly string[]>()) : questions.zones(types),
      types.length === 0 ? none(new Map<string, TypeFacts>()) : questions.types(types),
      imageIds.length === 0 ? none(new Map<string, ImageFacts>()) : questions.images(imageIds),
      questions.quotas(machines),
      machines.length === 0 ? none<readonly RunningMachine[]>([]) : questions.running(),
      questions.prices(machines),
    ]);
    return { network, subnets, zones, types: facts, images, quotas, running, prices };
  } finally {
    questions.close();
  }
}

const hasPublic = (subnets: readonly Subnet[] = []) =>
  subnets.some(({ MapPublicIpOnLaunch = true }) => MapPublicIpOnLaunch);

/** The fact where the configuration leaves nothing to ask. */
const none = <T>(value: T): Fact<T> => ({ known: true, value });

const filter = (Name: string, Values: readonly string[]): Filter => ({ Name, Values: [...Values] });

class Questions {
  readonly #ec2: EC2Client;
  readonly #options: AskOptions;
  readonly #http: { readonly abortSignal: AbortSignal };

  constructor(options: AskOptions) {
    const { region, env, signal, limit } = options;
    this.#options = options;
    this.#ec2 = new EC2Client({ region, maxAttempts: 2, ...awsConnection({ env }) });
    const abortSignal = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    // Every question listens to it.
    setMaxListeners(0, abortSignal);
    this.#http = { abortSignal };
  }

  close(): void {
    this.#ec2.destroy();
  }

  network(): Promise<Fact<DefaultNetwork>> {
    return this.#ask("ec2:DescribeVpcs", async () => {
      const [vpcs, subnets] = await Promise.all([
        this.#ec2.send(new DescribeVpcsCommand({ Filters: [filter("is-default", ["true"])] }), this.#http),
        this.#ec2.send(new DescribeSubnetsCommand({ Filters: [filter("default-for-az", ["true"])] }), this.#http),
      ]);
      return {
        vpcId: vpcs.Vpcs?.[0]?.VpcId,
        zones: (subnets.Subnets ?? []).flatMap(({ AvailabilityZone }) => AvailabilityZone ?? []).sort(),
        isPublic: !subnets.Subnets?.length || hasPublic(subnets.Subnets),
      };
    });
  }

  /** A filter, where a list of ids would make the whole call fail for an unknown one. The same holds below. */
  subnets(ids: readonly string[]): Promise<Fact<ReadonlyMap<string, SubnetFacts>>> {
    return this.#ask("ec2:DescribeSubnets", async () => {
      const { Subnets = [] } = await this.#ec2.send(
        new DescribeSubnetsCommand({ Filters: [filter("subnet-id", ids)] }),
        this.#http,
      );
      return new Map(
        Subnets.map(({ SubnetId = "", AvailabilityZone: zone = "", MapPublicIpOnLaunch: isPublic = true }) => [
          SubnetId,
          { zone, isPublic },
        ]),
      );
    });
  }

  zones(types: readonly string[]): Promise<Fact<ReadonlyMap<string, readonly string[]>>> {
    return this.#ask("ec2:DescribeInstanceTypeOfferings", async () => {
      const { InstanceTypeOfferings = [] } = await this.#ec2.send(
        new DescribeInstanceTypeOfferingsCommand({
          LocationType: "availability-zone",
          Filters: [filter("instance-type", types)],
        }),
        this.#http,
      );
      const zones = new Map<string, string[]>();
      for (const { InstanceType = "", Location = "" } of InstanceTypeOfferings) {
        zones.set(InstanceType, [...(zones.get(InstanceType) ?? []), Location].sort());
      }
      return zones;
    });
  }

  types(types: readonly string[]): Promise<Fact<ReadonlyMap<string, TypeFacts>>> {
    return this.#ask("ec2:DescribeInstanceTypes", async () => {
      const { InstanceTypes = [] } = await this.#ec2.send(
        new DescribeInstanceTypesCommand({ Filters: [filter("instance-type", types)] }),
        this.#http,
      );
      return new Map(
        InstanceTypes.map(({ InstanceType = "", VCpuInfo, ProcessorInfo }) => [
          InstanceType,
          { vcpus: VCpuInfo?.DefaultVCpus ?? 0, architectures: ProcessorInfo?.SupportedArchitectures ?? [] },
        ]),
      );
    });
  }

  images(ids: readonly string[]): Promise<Fact<ReadonlyMap<string, ImageFacts>>> {
    return this.#ask("ec2:DescribeImages", async () => {
      const { Images = [] } = await this.#ec2.send(
        new DescribeImagesCommand({ Filters: [filter("image-id", ids)] }),
        this.#http,
      );
      return new Map(
        Images.map(({ ImageId = "", Architecture = "", RootDeviceName, BlockDeviceMappings = [] }) => {
          const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName);
          return [ImageId, { architecture: Architecture, rootGib: root?.Ebs?.VolumeSize ?? 0 }];
        }),
      );
    });
  }

  running(): Promise<Fact<readonly RunningMachine[]>> {
    const Filters = [filter("instance-state-name", ["pending", "running"])];
    return this.#ask("ec2:DescribeInstances", async () => {
      const found: Instance[] = [];
      let NextToken: string | undefined;
      do {
        const command: DescribeInstancesCommand = new DescribeInstancesCommand({
          Filters,
          NextToken,
          MaxResults: 1_000,
        });
        const page = await this.#ec2.send(command, this.#http);
        found.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
        NextToken = page.NextToken;
      } while (NextToken);
      return found.map(({ InstanceType = "", InstanceLifecycle, CpuOptions: cpu }) => ({
        type: InstanceType,
        vcpus: (cpu?.CoreCount ?? 0) * (cpu?.ThreadsPerCore ?? 1),
        spot: InstanceLifecycle === "spot",
      }));
    });
  }

  async quotas(wanted: readonly WantedMachines[]): Promise<ReadonlyMap<string, Fact<number>>> {
    const codes = new Set(wanted.flatMap(({ types: [type], spot }) => vcpuQuota(type, spot !== "none")?.code ?? []));
    const answers = await Promise.all(
      [...codes].map(async (code): Promise<[string, Fact<number>]> => [code, await this.#quota(code)]),
    );
    return new Map(answers);
  }

  #quota(QuotaCode: string): Promise<Fact<number>> {
    const { region } = this.#options;
    const endpoint = this.#endpoint("SERVICE_QUOTAS", `servicequotas.${region}`);
    const call = async (operation: string) => {
      const answer = await this.#json({
        endpoint,
        service: "servicequotas",
        region,
        target: `ServiceQuotasV20190624.${operation}`,
        body: { ServiceCode: "ec2", QuotaCode },
      });
      const value = (answer as { Quota?: { Value?: unknown } }).Quota?.Value;
      if (typeof value !== "number") throw new Error(`${operation} answered without a value`);
      return value;
    };
    return this.#ask("servicequotas:GetServiceQuota", () =>
      call("GetServiceQuota").catch((error: unknown) => {
        // A quota that was never changed may be known by its default alone.
        if (awsCode(error) === "NoSuchResourceException") return call("GetAWSDefaultServiceQuota");
        throw error;
      }),
    );
  }

  /** A price is worth knowing, and no reason for a note if it is not known. */
  async prices(wanted: readonly WantedMachines[]): Promise<ReadonlyMap<string, HourlyPrice | undefined>> {
    const prices = new Map<string, HourlyPrice | undefined>();
    const questions = new Map(
      wanted.map(({ types: [type], spot }) => [priceKey(type, spot !== "none"), { type, isSpot: spot !== "none" }]),
    );
    await Promise.all(
      [...questions].map(async ([key, { type, isSpot }]) => {
        const answer = await (isSpot ? this.#spotPrice(type) : this.#price(type));
        prices.set(key, answer.known && answer.value !== undefined ? answer.value : listedPrice(type));
      }),
    );
    return prices;
  }

  #price(type: string): Promise<Fact<HourlyPrice | undefined>> {
    const { region } = this.#options;
    // The price list of all regions is served from a few.
    const from = region.startsWith("cn-") ? "cn-northwest-1" : "us-east-1";
    return this.#ask("pricing:GetProducts", async () => {
      const body = { ServiceCode: "AmazonEC2", Filters: productFilters(type, region), FormatVersion: "aws_v1" };
      const endpoint = this.#endpoint("PRICING", `api.pricing.${from}`);
      const target = "AWSPriceListService.GetProducts";
      return priceIn(await this.#json({ endpoint, service: "pricing", region: from, target, body }));
    });
  }

  #spotPrice(type: string): Promise<Fact<HourlyPrice | undefined>> {
    return this.#ask("ec2:DescribeSpotPriceHistory", async () => {
      const { SpotPriceHistory = [] } = await this.#ec2.send(
        new DescribeSpotPriceHistoryCommand({
          InstanceTypes: [type as "t3.micro"],
          ProductDescriptions: ["Linux/UNIX"],
          StartTime: new Date(),
        }),
        this.#http,
      );
      const [usd] = SpotPriceHistory.map(({ SpotPrice }) => Number(SpotPrice))
        .filter((price) => price > 0)
        .sort((a, b) => a - b);
      return usd === undefined ? undefined : { usd, source: "AWS" as const };
    });
  }

  async #json(call: Pick<Parameters<typeof callAwsJson>[0], "endpoint" | "service" | "region" | "target" | "body">) {
    const { env } = this.#options;
    const credentials = await this.#ec2.config.credentials();
    return callAwsJson({ ...call, credentials, env, signal: this.#http.abortSignal });
  }

  #endpoint(service: string, host: string): string {
    const { env, region } = this.#options;
    const given = env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL;
    return given || `https://${host}.${cloudOf(region).dnsSuffix}`;
  }

  /** The SDK fetches credentials without a signal, so the limit ends the waiting and not only the request. */
  async #ask<T>(action: string, call: () => Promise<T>): Promise<Fact<T>> {
    const { signal, limit } = this.#options;
    try {
      const ended = untilAborted(this.#http.abortSignal).then((): never => {
        throw this.#http.abortSignal.reason;
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
