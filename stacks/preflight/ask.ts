/** The edge to AWS of the questions before a deployment. All read, all run at once, and none takes longer than the limit. */
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type Filter,
  type Instance,
  type Subnet,
} from "@aws-sdk/client-ec2";
import { awsCode } from "../../firewall/security-group/aws-errors.js";
import { isEmulated } from "../lifecycle/emulated.js";
import { askPrices } from "./ask-prices.js";
import { Asker, type AskOptions } from "./asker.js";
import type { DefaultNetwork, Fact, Facts, ImageFacts, RunningMachine, SubnetFacts, TypeFacts } from "./facts.js";
import { vcpuQuota } from "./quota-codes.js";
import type { WantedMachines } from "./wanted.js";

export async function askAws(wanted: readonly WantedMachines[], options: AskOptions): Promise<Facts> {
  const asker = new Asker(options);
  const questions = new Questions(asker);
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
      askPrices(machines, asker),
    ]);
    return { network, subnets, zones, types: facts, images, quotas, running, prices };
  } finally {
    asker.close();
  }
}

const hasPublic = (subnets: readonly Subnet[] = []) =>
  subnets.some(({ MapPublicIpOnLaunch = true }) => MapPublicIpOnLaunch);

/** The fact where the configuration leaves nothing to ask. */
const none = <T>(value: T): Fact<T> => ({ known: true, value });

const filter = (Name: string, Values: readonly string[]): Filter => ({ Name, Values: [...Values] });

class Questions {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  network(): Promise<Fact<DefaultNetwork>> {
    return this.#asker.ask("ec2:DescribeVpcs", async () => {
      const [vpcs, subnets] = await Promise.all([
        this.#asker.ec2.send(new DescribeVpcsCommand({ Filters: [filter("is-default", ["true"])] }), this.#asker.http),
        this.#asker.ec2.send(
          new DescribeSubnetsCommand({ Filters: [filter("default-for-az", ["true"])] }),
          this.#asker.http,
        ),
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
    return this.#asker.ask("ec2:DescribeSubnets", async () => {
      const { Subnets = [] } = await this.#asker.ec2.send(
        new DescribeSubnetsCommand({ Filters: [filter("subnet-id", ids)] }),
        this.#asker.http,
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
    return this.#asker.ask("ec2:DescribeInstanceTypeOfferings", async () => {
      const { InstanceTypeOfferings = [] } = await this.#asker.ec2.send(
        new DescribeInstanceTypeOfferingsCommand({
          LocationType: "availability-zone",
          Filters: [filter("instance-type", types)],
        }),
        this.#asker.http,
      );
      const zones = new Map<string, string[]>();
      for (const { InstanceType = "", Location = "" } of InstanceTypeOfferings) {
        zones.set(InstanceType, [...(zones.get(InstanceType) ?? []), Location].sort());
      }
      return zones;
    });
  }

  types(types: readonly string[]): Promise<Fact<ReadonlyMap<string, TypeFacts>>> {
    return this.#asker.ask("ec2:DescribeInstanceTypes", async () => {
      const { InstanceTypes = [] } = await this.#asker.ec2.send(
        new DescribeInstanceTypesCommand({ Filters: [filter("instance-type", types)] }),
        this.#asker.http,
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
    return this.#asker.ask("ec2:DescribeImages", async () => {
      const { Images = [] } = await this.#asker.ec2.send(
        new DescribeImagesCommand({ Filters: [filter("image-id", ids)] }),
        this.#asker.http,
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
    return this.#asker.ask("ec2:DescribeInstances", async () => {
      const found: Instance[] = [];
      let NextToken: string | undefined;
      do {
        const command: DescribeInstancesCommand = new DescribeInstancesCommand({
          Filters,
          NextToken,
          MaxResults: 1_000,
        });
        const page = await this.#asker.ec2.send(command, this.#asker.http);
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
    const { region } = this.#asker.options;
    const endpoint = this.#asker.endpoint("SERVICE_QUOTAS", `servicequotas.${region}`);
    const call = async (operation: string) => {
      const answer = await this.#asker.json({
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
    return this.#asker.ask("servicequotas:GetServiceQuota", () =>
      call("GetServiceQuota").catch((error: unknown) => {
        // A quota that was never changed may be known by its default alone.
        if (awsCode(error) === "NoSuchResourceException") return call("GetAWSDefaultServiceQuota");
        throw error;
      }),
    );
  }
}
