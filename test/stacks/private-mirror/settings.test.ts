/** What `private_mirror:` says of blocks and repositories, and what AWS would refuse. */
import { describe, expect, test } from "vitest";
import { mirrorRepositories } from "../../../stacks/private-mirror/repositories.js";
import { networkPlace } from "../../../stacks/private-mirror/subnets.js";
import { at, synthMirror } from "../support/mirror-sample.js";
import { resources } from "../support/sample.js";

describe("blocks", () => {
  test.each([
    [{}, "10.72.0.0/16", ["10.72.0.0/24", "10.72.1.0/24"]],
    [{ cidr: "10.0.0.0/20" }, "10.0.0.0/20", ["10.0.0.0/28", "10.0.0.16/28"]],
    [{ cidr: "10.0.0.0/27" }, "10.0.0.0/27", ["10.0.0.0/28", "10.0.0.16/28"]],
    [{ private_cidrs: ["10.72.8.0/21"] }, "10.72.0.0/16", ["10.72.8.0/21"]],
  ])("%j", (config, cidr, subnets) => {
    expect(networkPlace(config, at)).toEqual({ kind: "own", cidr, subnets });
  });

  const vpc_id = "vpc-0123456789abcdef0";
  test.each([
    [{ cidr: "10.0.0.0/8" }, 'private_mirror.cidr: "10.0.0.0/8" cannot be a block of the private network: AWS takes'],
    [{ cidr: "10.0.0.0/28" }, "there is no room for two subnets in it"],
    [{ private_cidrs: ["10.73.0.0/24"] }, "it is not within 10.72.0.0/16"],
    [{ private_cidrs: ["10.72.0.0/24", "10.72.0.128/25"] }, "it overlaps 10.72.0.0/24"],
    [{ zones: ["eu-west-1a"] }, "there are 1 zones for 2 subnets"],
    [{ vpc_id }, "an existing VPC and its subnets are given together"],
    [{ subnet_ids: ["subnet-0123456789abcdef0"] }, "an existing VPC and its subnets are given together"],
    [{ vpc_id, subnet_ids: ["subnet-0123456789abcdef0"], cidr: "10.0.0.0/16" }, "private_mirror.cidr: an existing VPC"],
  ])("%j is refused", (config, message) => {
    expect(() => networkPlace(config, at)).toThrow(message);
  });

  test("zones that are given are the subnets' own, in order", () => {
    const zones = ["eu-west-1b", "eu-west-1c"];
    const made = synthMirror({ place: networkPlace({ zones }, at) });
    expect(resources(made, "aws_subnet").map(({ availability_zone }) => availability_zone)).toEqual(zones);
    expect(made.data?.aws_availability_zones).toBeUndefined();
  });
});

describe("repositories", () => {
  test("upstreams keep their order, and those that are there already are not made", () => {
    const upstreams = ["shared", "public:npmjs", "public:pypi", "public:maven-central"];
    const repositories = mirrorRepositories({ repository: "team", upstreams }, "lab", at);
    expect(repositories).toEqual({
      domain: "lab",
      repository: "team",
      upstreams: [
        { repository: "shared" },
        { repository: "npmjs-store", connection: "public:npmjs" },
        { repository: "pypi-store", connection: "public:pypi" },
        { repository: "maven-central-store", connection: "public:maven-central" },
      ],
      formats: ["maven", "npm", "pypi"],
    });
    const made = synthMirror({ repositories });
    const team = resources(made, "aws_codeartifact_repository").find(({ repository }) => repository === "team");
    expect(team?.upstream).toEqual([
      { repository_name: "shared" },
      { repository_name: expect.stringContaining("Store-npmjs-store") },
      { repository_name: expect.stringContaining("Store-pypi-store") },
      { repository_name: expect.stringContaining("Store-maven-central-store") },
    ]);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `shared-${index}`);
  test.each([
    [{ domain: "Lab" }, '"Lab" cannot be the name of a domain'],
    [{ domain: "a" }, '"a" cannot be the name of a domain'],
    [{ domain: "lab-" }, '"lab-" cannot be the name of a domain'],
    [{ domain: "x".repeat(51) }, "cannot be the name of a domain"],
    [{ domain: "arn:aws:codeartifact:eu-west-1:123456789012:domain/lab" }, "cannot be the name of a domain"],
    [{ repository: "x" }, '"x" cannot be the name of a repository'],
    [{ repository: "_team" }, '"_team" cannot be the name of a repository'],
    [{ repository: "x".repeat(101) }, "cannot be the name of a repository"],
    [{ repository: "arn:aws:codeartifact:eu-west-1:123456789012:repository/lab/team" }, "cannot be the name of"],
    [{ upstreams: many(11) }, "a repository has at most 10 direct upstreams, and these are 11"],
    [{ upstreams: ["public:pypi", "public:pypi"] }, 'the upstream "pypi-store" is named twice'],
    [{ upstreams: ["public:pypi", "pypi-store"] }, 'the upstream "pypi-store" is named twice'],
    [{ upstreams: ["packages"] }, '"packages" would be both the team\'s repository and one of its upstreams'],
    [{ upstreams: ["public:conda"] }, 'CodeArtifact connects to no "public:conda"'],
    [{ upstreams: ["https://pypi.org"] }, 'CodeArtifact connects to no "https://pypi.org"'],
  ])("%j is refused", (config, message) => {
    expect(() => mirrorRepositories(config, "lab", at)).toThrow(message);
  });

  test("ten upstreams are taken, and names at their limits", () => {
    expect(mirrorRepositories({ upstreams: many(10) }, "lab", at).upstreams).toHaveLength(10);
    expect(mirrorRepositories({ domain: "x".repeat(50), repository: "y".repeat(100) }, "lab", at)).toMatchObject({
      domain: "x".repeat(50),
      repository: "y".repeat(100),
    });
  });
});
