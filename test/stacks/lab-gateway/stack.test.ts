import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../../gateway/settings/parse.js";
import { Cidr } from "../../../net/cidr.js";
import { buildStacks } from "../../../stacks/app.js";
import { type GatewayBootOptions, gatewayBootScript } from "../../../stacks/boot/render-gateway.js";
import { labGateway } from "../../../stacks/lab-gateway/descriptor.js";
import type { LabGatewayInputs } from "../../../stacks/lab-gateway/inputs.js";
import { labTable } from "../../../stacks/lab-gateway/rule-table.js";
import { labBlocks, labBlocksWithin } from "../../../stacks/lab-gateway/subnets.js";
import { labInputs, synthLab } from "../support/lab-sample.js";
import { CERTIFICATE, only, resources, userData } from "../support/sample.js";

const stack = synthLab();
const script = userData(only(stack, "aws_instance"));

describe("the stack", () => {
  test("has these resources and no others", () => {
    const counts = Object.entries(stack.resource).map(([type, byName]) => `${Object.keys(byName).length} ${type}`);
    expect(counts.sort()).toEqual(
      [
        "1 aws_eip",
        "1 aws_iam_instance_profile",
        "1 aws_iam_role",
        "1 aws_iam_role_policy",
        "1 aws_instance",
        "1 aws_internet_gateway",
        "1 aws_key_pair",
        "1 aws_s3_bucket",
        "1 aws_s3_bucket_ownership_controls",
        "1 aws_s3_bucket_policy",
        "1 aws_s3_bucket_public_access_block",
        "1 aws_s3_bucket_server_side_encryption_configuration",
        "1 aws_s3_bucket_versioning",
        "1 aws_s3_object",
        "1 aws_vpc",
        "2 aws_network_interface",
        "2 aws_route",
        "2 aws_route_table",
        "2 aws_route_table_association",
        "2 aws_security_group",
        "2 aws_ssm_parameter",
        "2 aws_subnet",
        "3 aws_vpc_security_group_egress_rule",
        "5 aws_vpc_security_group_ingress_rule",
      ].sort(),
    );
  });

  test("lets in the caller at 22, 443 and the range for TCP and UDP, and the lab with everything; nobody else", () => {
    const rules = resources(stack, "aws_vpc_security_group_ingress_rule").map(
      ({ ip_protocol, from_port, to_port, cidr_ipv4 }) => `${ip_protocol} ${from_port}-${to_port} ${cidr_ipv4}`,
    );
    expect(rules.sort()).toEqual([
      "-1 undefined-undefined 10.71.1.0/24",
      "tcp 22-22 203.0.113.7/32",
      "tcp 443-443 203.0.113.7/32",
      "tcp 50000-50100 203.0.113.7/32",
      "udp 50000-50100 203.0.113.7/32",
    ]);
  });

  test("the callers' group and the lab's are on different interfaces, and neither checks addresses", () => {
    const feet = resources(stack, "aws_network_interface").map(({ security_groups, source_dest_check, subnet_id }) => ({
      security_groups,
      source_dest_check,
      subnet_id,
    }));
    expect(feet).toEqual([
      {
        security_groups: [expect.stringContaining("Gateway_LabGroup")],
        source_dest_check: false,
        subnet_id: expect.stringContaining("Network_Lab-10"),
      },
      {
        security_groups: [expect.stringContaining("CallerAccess_Group")],
        source_dest_check: false,
        subnet_id: expect.stringContaining("Network_Public"),
      },
    ]);
  });

  test("V-22 routes the lab through the gateway and the gateway through the Internet gateway", () => {
    const routes = resources(stack, "aws_route").map(
      ({ destination_cidr_block, gateway_id, network_interface_id, route_table_id }) => ({
        to: destination_cidr_block,
        by: gateway_id ?? network_interface_id,
        of: route_table_id,
      }),
    );
    expect(routes).toEqual([
      {
        to: "0.0.0.0/0",
        by: expect.stringContaining("aws_network_interface.Gateway_Lan"),
        of: expect.stringContaining("LabRoutes"),
      },
      {
        to: "0.0.0.0/0",
        by: expect.stringContaining("aws_internet_gateway.Network_Internet"),
        of: expect.stringContaining("PublicRoutes"),
      },
    ]);
  });

  test("the gateway's role may read its two parameters and its runtime, and do nothing else", () => {
    const { Statement } = JSON.parse(String(only(stack, "aws_iam_role_policy").policy));
    expect(Statement).toEqual([
      {
        Sid: "OwnParameters",
        Effect: "Allow",
        Action: "ssm:GetParameter",
        Resource: [expect.stringContaining("Secrets_TlsKey"), expect.stringContaining("Secrets_Token")],
      },
      {
        Sid: "OwnRuntime",
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: [`arn:aws:s3:::lab-1a2b3c4d-gw-eu-west-1/runtime/${"ab".repeat(32)}.tar.gz`],
      },
    ]);
  });

  test("metadata is bound to sessions and one hop; the address is there before the machine", () => {
    const instance = only(stack, "aws_instance");
    expect(instance.metadata_options).toEqual({
      http_endpoint: "enabled",
      http_put_response_hop_limit: 1,
      http_tokens: "required",
    });
    expect(instance.depends_on).toContainEqual(expect.stringContaining("aws_eip.Gateway_Address"));
  });

  test("secrets are named by file and never by value, and the commands in the outputs hold no token", () => {
    for (const parameter of resources(stack, "aws_ssm_parameter")) {
      expect(parameter).toEqual({
        name: expect.stringMatching(/^\/sallyport\/lab-1a2b3c4d-gw\/(?:tls-key|token)$/),
        type: "SecureString",
        value_wo: expect.stringMatching(/^\$\{file\("\/home\/user\/\.ssh\/sallyport(?:-gateway)?\.key"\)\}$/),
        value_wo_version: expect.any(Number),
      });
    }
    expect(stack.output.token_command?.value).toBe(
      "sallyport gateway token --key /home/user/.ssh/sallyport-gateway.key --issuer lab --user NAME",
    );
    expect(stack.output.gateway_url?.value).toMatch(/^https:\/\/\$\{aws_eip\.Gateway_Address_\w+\.public_ip\}$/);
    expect(JSON.stringify(stack.output)).not.toMatch(/aws_instance\.\w+\.public_ip/);
  });

  test("in an existing VPC only subnets, routes and what the gateway needs are made", () => {
    const vpcId = "vpc-0123456789abcdef0";
    const place = () => "sallyport.yaml:1:1";
    const config = {
      vpc_id: vpcId,
      public_cidr: "172.31.200.0/24",
      private_cidrs: ["172.31.201.0/24", "172.31.202.0/24"],
    };
    const own = synthLab({ vpcId, blocks: labBlocks(config, place) });
    expect(own.resource.aws_vpc).toBeUndefined();
    expect(own.resource.aws_internet_gateway).toBeUndefined();
    expect(resources(own, "aws_subnet").map(({ cidr_block, vpc_id }) => [cidr_block, vpc_id])).toEqual([
      ["172.31.201.0/24", vpcId],
      ["172.31.202.0/24", vpcId],
      ["172.31.200.0/24", vpcId],
    ]);
  });

  test("in a private network it has no public address, both feet in its zone, and no way to the Internet", () => {
    const home = { vpcId: "vpc-0123456789abcdef0", subnetId: "subnet-0123456789abcdef0", s3EndpointId: "vpce-1" };
    const own = synthLab({ home, blocks: labBlocksWithin("10.72.0.0/16", {}, () => "sallyport.yaml:1:1") });
    for (const type of ["aws_vpc", "aws_internet_gateway", "aws_eip"]) expect(own.resource[type]).toBeUndefined();
    const [wan] = resources(own, "aws_network_interface").filter(({ subnet_id }) => subnet_id === home.subnetId);
    expect(wan?.source_dest_check).toBe(false);
    expect(resources(own, "aws_subnet")).toEqual([
      expect.objectContaining({
        vpc_id: home.vpcId,
        cidr_block: "10.72.2.0/24",
        availability_zone: expect.stringMatching(/^\$\{data\.aws_subnet\.Network_Home_\w+\.availability_zone\}$/),
      }),
    ]);
    expect(
      resources(own, "aws_route").map(({ network_interface_id, gateway_id }) => [network_interface_id, gateway_id]),
    ).toEqual([[expect.stringContaining("aws_network_interface.Gateway_Lan"), undefined]]);
    expect(only(own, "aws_vpc_endpoint_route_table_association")).toEqual({
      route_table_id: expect.stringContaining("LabRoutes"),
      vpc_endpoint_id: "vpce-1",
    });
    expect(own.output.gateway_url?.value).toMatch(
      /^https:\/\/\$\{aws_network_interface\.Gateway_Wan_\w+\.private_ip\}$/,
    );
    const said = (text: string) => assigned(text, "address_kind");
    expect([said(script), said(userData(only(own, "aws_instance")))]).toEqual(["public-ipv4", "local-ipv4"]);
  });

  test("passes the guard against rules for everybody, and no caller may be everybody", async () => {
    const outdir = await mkdtemp(join(tmpdir(), "lab-gateway-"));
    const synth = (inputs: LabGatewayInputs) => () => buildStacks([labGateway.with(inputs)], { outdir }).synth();
    expect(synth(labInputs())).not.toThrow();
    expect(() => labTable({ min: 50_000, max: 50_100 }, [Cidr.parse("0.0.0.0/0")])).toThrow(
      'caller "0.0.0.0/0" is everybody',
    );
    await rm(outdir, { recursive: true });
  });
});

describe("blocks", () => {
  const at = (part: string) => `sallyport.yaml: lab_gateway.${part}`;
  test.each([
    [{}, "10.71.0.0/16", "10.71.0.0/24", ["10.71.1.0/24"]],
    [{ cidr: "10.0.0.0/20" }, "10.0.0.0/20", "10.0.0.0/28", ["10.0.0.16/28"]],
    [{ cidr: "10.0.0.0/27" }, "10.0.0.0/27", "10.0.0.0/28", ["10.0.0.16/28"]],
    [{ private_cidrs: ["10.71.8.0/21"] }, "10.71.0.0/16", "10.71.0.0/24", ["10.71.8.0/21"]],
  ])("%j", (config, vpc, open, lab) => {
    expect(labBlocks(config, at)).toEqual({ vpc, public: open, private: lab });
  });

  test.each([
    [{ cidr: "10.0.0.0/8" }, "AWS takes blocks from /16 to /28"],
    [{ cidr: "10.0.0.0/28" }, "there is no room for two subnets in it"],
    [{ private_cidrs: ["10.72.0.0/24"] }, "it is not within 10.71.0.0/16"],
    [{ private_cidrs: ["10.71.0.0/20"] }, "it overlaps 10.71.0.0/24"],
    [{ vpc_id: "vpc-0123456789abcdef0" }, "lab_gateway has a vpc_id without public_cidr and private_cidrs"],
  ])("%j is refused", (config, message) => {
    expect(() => labBlocks(config, at)).toThrow(message);
  });
});

describe("blocks within a private network", () => {
  const at = (part: string) => `sallyport.yaml: lab_gateway.${part}`;
  test("are its third part, unless others are named", () => {
    expect(labBlocksWithin("10.72.0.0/16", {}, at)).toEqual({ private: ["10.72.2.0/24"] });
    expect(labBlocksWithin("10.72.0.0/16", { private_cidrs: ["10.72.8.0/24"] }, at).private).toEqual(["10.72.8.0/24"]);
  });

  test.each([
    [{ vpc_id: "vpc-0123456789abcdef0" }, "network: private-mirror names the network already"],
    [{ cidr: "10.0.0.0/16" }, "network: private-mirror names the network already"],
    [{ private_cidrs: ["10.73.0.0/24"] }, "it is not within 10.72.0.0/16"],
    [{ private_cidrs: ["10.72.8.0/24", "10.72.8.0/25"] }, "it overlaps 10.72.8.0/24"],
  ])("%j is refused", (config, message) => {
    expect(() => labBlocksWithin("10.72.0.0/16", config, at)).toThrow(message);
  });
});

const boot: GatewayBootOptions = {
  name: "lab-gateway",
  region: "eu-west-1",
  archive: { url: "https://bucket.s3.eu-west-1.amazonaws.com/runtime/x.tar.gz", sha256: "ab".repeat(32) },
  certificate: CERTIFICATE,
  tlsKeyParameter: "/sallyport/lab/tls-key",
  tokenKeyParameter: "/sallyport/lab/token",
  issuer: "lab",
  ports: { min: 50_000, max: 50_100 },
  labNetworks: ["10.71.1.0/24"],
};

/** Runs the script's assignments alone, and gives what bash has in a name. */
function assigned(text: string, name: string): string {
  const head = text.slice(0, text.indexOf("readonly imds="));
  const { status, stdout } = spawnSync("/bin/bash", ["--norc", "-c", `${head}\nprintf %s "\${${name}}"`], {
    encoding: "utf8",
    env: {},
  });
  expect(status).toBe(0);
  return stdout;
}
const decoded = (text: string, name: string) => Buffer.from(assigned(text, name), "base64").toString();

describe("the boot script", () => {
  test("is bash without a syntax error, and fits with a real certificate, a log and many subnets", () => {
    const full = gatewayBootScript({
      ...boot,
      certificate: "x".repeat(1_600),
      logTarget: "syslog+tls://logs.example.com:6514",
      labNetworks: Array.from({ length: 16 }, (_, index) => `10.71.${index + 1}.0/24`),
    });
    for (const text of [script, full]) {
      expect(spawnSync("/bin/bash", ["-n"], { input: text, encoding: "utf8" })).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
    expect(Buffer.byteLength(full)).toBeLessThan(14_500);
    expect(() => gatewayBootScript({ ...boot, certificate: "x".repeat(9_000) })).toThrow(
      /the boot script has \d+ bytes/,
    );
  });

  test("forwards nothing before the gateway's rules are there", () => {
    const lines = script.split("\n");
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(at("sysctl --quiet")).toBeGreaterThan(at("retry 60 1 answers"));
  });

  test("V-26 gateway.yaml is one that the gateway takes, with its certificate and secrets as credentials", () => {
    const text = decoded(gatewayBootScript({ ...boot, logTarget: "syslog+tls://logs:6514" }), "gateway_template");
    const filled = text
      .replace("WAN-DEVICE", "ens5")
      .replace("LAN-DEVICE", "ens6")
      .replace("PUBLIC-ADDRESS", "192.0.2.1");
    expect(parseConfig(filled, "gateway.yaml")).toMatchObject({
      name: "lab-gateway",
      wan: "ens5",
      lan: "ens6",
      public_address: "192.0.2.1",
      lab_networks: ["10.71.1.0/24"],
      database: "env:DATABASE_URL",
      tls: { key: "credential:tls.key" },
      auth: { issuer: "lab", key: "credential:token.key", algorithms: ["HS256"], require_client_ip: true },
      log: { source: "ulogd", target: "syslog+tls://logs:6514" },
    });
  });

  test("the secrets' unit is told which parameters to bring", () => {
    expect(parse(decoded(script, "agent_yaml"))).toMatchObject({
      secrets: {
        region: "eu-west-1",
        tls_key_parameter: "/sallyport/lab-1a2b3c4d-gw/tls-key",
        token_parameter: "/sallyport/lab-1a2b3c4d-gw/token",
      },
    });
  });

  test.each(["it's", "$(touch /tmp/owned)", "`id`", "a'; id; '", "EOF\nid", '"; rm -rf / #'])(
    "%j arrives as it is, and nothing of it runs",
    (value) => {
      const text = gatewayBootScript({ ...boot, name: value, region: value, issuer: value });
      expect([assigned(text, "host"), assigned(text, "region")]).toEqual([value, value]);
      expect(parse(decoded(text, "gateway_template"))).toMatchObject({ name: value, auth: { issuer: value } });
      expect(spawnSync("/bin/bash", ["-n"], { input: text }).status).toBe(0);
    },
  );
});
