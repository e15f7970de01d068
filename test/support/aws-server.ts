/** Answers as AWS does on the wire, by action, with what a new account in us-east-1 has unless a test says otherwise. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished, vi } from "vitest";

/** An answer's content, a refusal, or none at all. */
export type AwsAnswer = string | object | { readonly refuse: string; readonly message?: string } | "never";
/** What an action is answered, perhaps by how often it came. */
export type AwsAnswers = Readonly<Record<string, AwsAnswer | ((time: number) => AwsAnswer)>>;

export interface AwsServer {
  /** Actions, in the order in which they came. */
  readonly asked: string[];
  /** The regions that their signatures name. */
  readonly regions: string[];
  /** What leads to it, for programs and commands that get an environment of their own. */
  readonly env: Readonly<Record<string, string>>;
}

const items = (name: string, list: readonly string[]) =>
  `<${name}>${list.map((item) => `<item>${item}</item>`).join("")}</${name}>`;

export const ANSWERS: Readonly<Record<string, AwsAnswer>> = {
  GetCallerIdentity:
    "<GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ada</Arn></GetCallerIdentityResult>",
  DescribeVpcs: items("vpcSet", ["<vpcId>vpc-1</vpcId><isDefault>true</isDefault>"]),
  DescribeSubnets: subnets(["us-east-1a", "us-east-1b"]),
  DescribeInstanceTypeOfferings: offerings({ "f2.6xlarge": ["us-east-1a", "us-east-1c"] }),
  DescribeInstanceTypes: types({ "f2.6xlarge": 24 }),
  DescribeImages: items("imagesSet", []),
  DescribeInstances: items("reservationSet", []),
  DescribeSpotPriceHistory: items("spotPriceHistorySet", ["<spotPrice>0.79</spotPrice>"]),
  GetServiceQuota: { Quota: { Value: 64 } },
  GetAWSDefaultServiceQuota: { Quota: { Value: 0 } },
  GetProducts: priced("1.9800000000"),
};

/** What a project made so far: nothing. */
const NOTHING_MADE: Readonly<Record<string, AwsAnswer>> = {
  DescribeKeyPairs: items("keySet", []),
  DescribeSecurityGroups: items("securityGroupInfo", []),
  DescribeAddresses: items("addressesSet", []),
  DescribeVpcEndpoints: items("vpcEndpointSet", []),
  DescribeVolumes: items("volumeSet", []),
  GetResources: { ResourceTagMappingList: [] },
};

export function subnets(zones: readonly string[]): string {
  return items(
    "subnetSet",
    zones.map((zone, index) => `<subnetId>subnet-${index}</subnetId><availabilityZone>${zone}</availabilityZone>`),
  );
}

export function offerings(zones: Readonly<Record<string, readonly string[]>>): string {
  const list = Object.entries(zones).flatMap(([type, names]) =>
    names.map((name) => `<instanceType>${type}</instanceType><location>${name}</location>`),
  );
  return items("instanceTypeOfferingSet", list);
}

export function types(vcpus: Readonly<Record<string, number>>, architecture = "x86_64"): string {
  const list = Object.entries(vcpus).map(
    ([type, number]) =>
      `<instanceType>${type}</instanceType><vCpuInfo><defaultVCpus>${number}</defaultVCpus></vCpuInfo><processorInfo>${items("supportedArchitectures", [architecture])}</processorInfo>`,
  );
  return items("instanceTypeSet", list);
}

export function instances(type: string, count: number, vcpus: number, more = ""): string {
  const one = `<instanceType>${type}</instanceType><cpuOptions><coreCount>${vcpus / 2}</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>${more}`;
  return items("reservationSet", [
    items(
      "instancesSet",
      Array.from({ length: count }, () => one),
    ),
  ]);
}

export function image(id: string, architecture: string, gib: number): string {
  const disk = `<deviceName>/dev/sda1</deviceName><ebs><volumeSize>${gib}</volumeSize></ebs>`;
  return items("imagesSet", [
    `<imageId>${id}</imageId><architecture>${architecture}</architecture><rootDeviceName>/dev/sda1</rootDeviceName>${items("blockDeviceMapping", [disk])}`,
  ]);
}

export function priced(usd: string): object {
  const terms = { OnDemand: { t: { priceDimensions: { d: { pricePerUnit: { USD: usd } } } } } };
  return { PriceList: [JSON.stringify({ terms: { OnDemand: {} } }), JSON.stringify({ terms })] };
}

/** All clients of AWS in this process meet it until the test ends. @param changed answers that differ */
export async function startAws(changed: AwsAnswers = {}): Promise<AwsServer> {
  const asked: string[] = [];
  const regions: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const target = request.headers["x-amz-target"];
    const form = new URLSearchParams(body);
    const action = typeof target === "string" ? target.replace(/^.*\./, "") : (form.get("Action") ?? "");
    asked.push(action);
    regions.push(/Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "");
    const given = changed[action] ?? ANSWERS[action] ?? NOTHING_MADE[action] ?? { refuse: "InvalidAction" };
    const answer: AwsAnswer =
      typeof given === "function" ? given(asked.filter((each) => each === action).length) : given;
    if (answer === "never") return;
    if (typeof answer === "object" && "refuse" in answer) {
      const { refuse, message = `${refuse} was said` } = answer as { refuse: string; message?: string };
      response.statusCode = 400;
      if (target !== undefined) return void response.end(JSON.stringify({ __type: refuse, message }));
      const error = `<Error><Code>${refuse}</Code><Message>${message}</Message></Error>`;
      return void response.end(
        action === "GetCallerIdentity"
          ? `<ErrorResponse>${error}</ErrorResponse>`
          : `<Response><Errors>${error}</Errors></Response>`,
      );
    }
    response.end(
      typeof answer === "string" ? `<${action}Response>${answer}</${action}Response>` : JSON.stringify(answer),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    vi.unstubAllEnvs();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const services = ["EC2", "STS", "SERVICE_QUOTAS", "PRICING", "RESOURCE_GROUPS_TAGGING_API"];
  const env: Record<string, string> = {
    // One by one: with AWS_ENDPOINT_URL on this machine, AWS would count as emulated.
    ...Object.fromEntries(services.map((service) => [`AWS_ENDPOINT_URL_${service}`, url])),
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    // A busy machine is slow.
    SALLYPORT_PREFLIGHT_SECONDS: "100",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  vi.stubEnv("AWS_PROFILE", undefined);
  return { asked, regions, env };
}
