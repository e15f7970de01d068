import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  AssociateExternalConnectionCommand,
  type CodeartifactClient,
  CreateDomainCommand,
  CreateRepositoryCommand,
  DeleteDomainCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPermissionsPolicyCommand,
  DescribeDomainCommand,
  DescribePackageCommand,
  DescribeRepositoryCommand,
  DisassociateExternalConnectionCommand,
  GetAuthorizationTokenCommand,
  GetDomainPermissionsPolicyCommand,
  GetRepositoryEndpointCommand,
  GetRepositoryPermissionsPolicyCommand,
  ListDomainsCommand,
  ListPackagesCommand,
  ListRepositoriesInDomainCommand,
  ListTagsForResourceCommand,
  PutDomainPermissionsPolicyCommand,
  PutPackageOriginConfigurationCommand,
  PutRepositoryPermissionsPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateRepositoryCommand,
} from "@aws-sdk/client-codeartifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../../base/defined.js";
import { VERSION } from "../../../../base/version.js";
import { startTestMirror, type TestMirror } from "../support/mirror.js";

const domain = "my-domain";
const DOCUMENT = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "codeartifact:ReadFromRepository", Resource: "*" }],
});

let it: TestMirror;
let client: CodeartifactClient;
let clock = 0;
beforeAll(async () => {
  it = await startTestMirror("", undefined, () => Date.now() + clock);
  client = it.client();
  await client.send(new CreateDomainCommand({ domain, tags: [{ key: "a", value: "1" }] }));
  for (const repository of ["pypi-store", "npm-store"]) {
    await client.send(new CreateRepositoryCommand({ domain, repository }));
  }
});
afterAll(() => it.stop());

const failure = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });

describe("domains", () => {
  test("P-01 a domain has AWS's own key unless one is named, and shows what it holds", async () => {
    const { domain: shown } = await client.send(new DescribeDomainCommand({ domain }));
    expect(shown).toMatchObject({
      name: domain,
      owner: "123456789012",
      arn: "arn:aws:codeartifact:us-east-1:123456789012:domain/my-domain",
      status: "Active",
      repositoryCount: expect.any(Number),
      assetSizeBytes: 0,
    });
    expect(shown?.encryptionKey).toMatch(/^arn:aws:kms:us-east-1:123456789012:key\/[0-9a-f-]{36}$/);
    expect(shown?.createdTime?.getFullYear()).toBeGreaterThan(2020);
  });

  test.each(["a", "-ab", "ab-", "Abc", "a_b", "a".repeat(51)])("P-01 %j is no name of a domain", async (name) => {
    await expect(client.send(new CreateDomainCommand({ domain: name }))).rejects.toMatchObject(
      failure("ValidationException", 400),
    );
  });

  test("P-01 P-19 a name is had once, an account has ten, and one with repositories stays", async () => {
    await expect(client.send(new CreateDomainCommand({ domain }))).rejects.toMatchObject(
      failure("ConflictException", 409),
    );
    for (let n = 1; n < 10; n++) await client.send(new CreateDomainCommand({ domain: `other-${n}` }));
    await expect(client.send(new CreateDomainCommand({ domain: "one-more" }))).rejects.toMatchObject(
      failure("ServiceQuotaExceededException", 402),
    );
    await expect(client.send(new DeleteDomainCommand({ domain }))).rejects.toMatchObject(
      failure("ConflictException", 409),
    );
    const { domains, nextToken } = await client.send(new ListDomainsCommand({ maxResults: 7 }));
    const rest = await client.send(new ListDomainsCommand({ maxResults: 7, nextToken }));
    expect([domains?.length, rest.domains?.length, rest.nextToken]).toEqual([7, 3, undefined]);
    for (let n = 1; n < 10; n++) await client.send(new DeleteDomainCommand({ domain: `other-${n}` }));
    await expect(client.send(new DescribeDomainCommand({ domain: "other-1" }))).rejects.toMatchObject(
      failure("ResourceNotFoundException", 404),
    );
  });

  test("P-12 an ARN, or another account, names no domain", async () => {
    const arn = "arn:aws:codeartifact:us-east-1:123456789012:domain/my-domain";
    await expect(client.send(new DescribeDomainCommand({ domain: arn }))).rejects.toMatchObject(
      failure("ValidationException", 400),
    );
    const other = new DescribeDomainCommand({ domain, domainOwner: "210987654321" });
    await expect(client.send(other)).rejects.toMatchObject(failure("ResourceNotFoundException", 404));
  });
});

describe("repositories", () => {
  test("P-02 a repository has one external connection, of those that there are", async () => {
    const ask = (externalConnection: string) =>
      client.send(new AssociateExternalConnectionCommand({ domain, repository: "pypi-store", externalConnection }));
    const { repository } = await ask("public:pypi");
    expect(repository?.externalConnections).toEqual([
      { externalConnectionName: "public:pypi", packageFormat: "pypi", status: "Available" },
    ]);
    await expect(ask("public:pypi")).rejects.toMatchObject(failure("ConflictException", 409));
    await expect(ask("public:npmjs")).rejects.toMatchObject(failure("ServiceQuotaExceededException", 402));
    await expect(ask("constructor")).rejects.toMatchObject(failure("ValidationException", 400));
    const gone = await client.send(
      new DisassociateExternalConnectionCommand({
        domain,
        repository: "pypi-store",
        externalConnection: "public:pypi",
      }),
    );
    expect(gone.repository?.externalConnections).toEqual([]);
  });

  test("P-03 upstreams keep their order, exist, are ten at most, and make no cycle", async () => {
    const create = (repository: string, names: readonly string[]) =>
      client.send(
        new CreateRepositoryCommand({
          domain,
          repository,
          upstreams: names.map((repositoryName) => ({ repositoryName })),
        }),
      );
    const update = (repository: string, names: readonly string[]) =>
      client.send(
        new UpdateRepositoryCommand({
          domain,
          repository,
          upstreams: names.map((repositoryName) => ({ repositoryName })),
        }),
      );
    const { repository } = await create("team", ["pypi-store", "npm-store"]);
    expect(repository?.upstreams?.map(({ repositoryName }) => repositoryName)).toEqual(["pypi-store", "npm-store"]);
    await expect(create("lost", ["nowhere"])).rejects.toMatchObject(failure("ResourceNotFoundException", 404));
    await expect(update("team", ["team"])).rejects.toMatchObject(failure("ValidationException", 400));
    await expect(update("pypi-store", ["team"])).rejects.toMatchObject(failure("ValidationException", 400));
    const many = Array.from({ length: 11 }, (_, n) => `up-${n}`);
    for (const name of many) await create(name, []);
    await expect(update("team", many)).rejects.toMatchObject(failure("ServiceQuotaExceededException", 402));
    await update("team", many.slice(0, 10));
    await client.send(new DeleteRepositoryCommand({ domain, repository: "up-3" }));
    const left = await client.send(new DescribeRepositoryCommand({ domain, repository: "team" }));
    expect(left.repository?.upstreams).toHaveLength(9);
    for (const name of many.filter((each) => each !== "up-3")) {
      await client.send(new DeleteRepositoryCommand({ domain, repository: name }));
    }
    const { repositories } = await client.send(new ListRepositoriesInDomainCommand({ domain }));
    expect(repositories?.map(({ name }) => name)).toEqual(["npm-store", "pypi-store", "team"]);
  });

  test("P-11 a policy is put, read back as it was, guarded by its revision, and deleted", async () => {
    const at = { domain, repository: "team" };
    const none = client.send(new GetRepositoryPermissionsPolicyCommand(at));
    await expect(none).rejects.toMatchObject(failure("ResourceNotFoundException", 404));
    await client.send(new PutRepositoryPermissionsPolicyCommand({ ...at, policyDocument: DOCUMENT }));
    const { policy } = await client.send(new GetRepositoryPermissionsPolicyCommand(at));
    expect(policy).toMatchObject({
      document: DOCUMENT,
      resourceArn: "arn:aws:codeartifact:us-east-1:123456789012:repository/my-domain/team",
    });
    const stale = new PutRepositoryPermissionsPolicyCommand({ ...at, policyDocument: DOCUMENT, policyRevision: "x" });
    await expect(client.send(stale)).rejects.toMatchObject(failure("ConflictException", 409));
    const bad = new PutRepositoryPermissionsPolicyCommand({ ...at, policyDocument: "{}" });
    await expect(client.send(bad)).rejects.toMatchObject(failure("ValidationException", 400));
    await client.send(new DeleteRepositoryPermissionsPolicyCommand(at));
    await client.send(new PutDomainPermissionsPolicyCommand({ domain, policyDocument: DOCUMENT }));
    const own = await client.send(new GetDomainPermissionsPolicyCommand({ domain }));
    expect(own.policy?.document).toBe(DOCUMENT);
  });

  test("tags are merged, and taken away by key", async () => {
    const resourceArn = "arn:aws:codeartifact:us-east-1:123456789012:domain/my-domain";
    await client.send(new TagResourceCommand({ resourceArn, tags: [{ key: "b", value: "2" }] }));
    await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ key: "b", value: "2" }]);
  });
});

describe("packages", () => {
  test("P-18 P-05 controls can be set before there is a version, by the normalised name only", async () => {
    const at = { domain, repository: "team", format: "pypi", package: "our-own" } as const;
    const restrictions = { publish: "ALLOW", upstream: "BLOCK" } as const;
    await client.send(new PutPackageOriginConfigurationCommand({ ...at, restrictions }));
    const { package: shown } = await client.send(new DescribePackageCommand(at));
    expect(shown).toMatchObject({ format: "pypi", name: "our-own", originConfiguration: { restrictions } });
    const { packages } = await client.send(new ListPackagesCommand({ domain, repository: "team", upstream: "BLOCK" }));
    expect(packages?.map((each) => each.package)).toEqual(["our-own"]);
    await expect(client.send(new DescribePackageCommand({ ...at, package: "Our.Own" }))).rejects.toMatchObject(
      failure("ResourceNotFoundException", 404),
    );
  });
});

describe("tokens", () => {
  const token = (durationSeconds?: number) =>
    client.send(new GetAuthorizationTokenCommand(defined({ domain, durationSeconds })));

  test("P-14 twelve hours unless said otherwise; 0, or from 900 to 43200", async () => {
    const lasts = async (seconds?: number) =>
      Math.round((((await token(seconds)).expiration?.getTime() ?? 0) - Date.now()) / 60_000);
    expect([await lasts(), await lasts(0), await lasts(900)]).toEqual([720, 720, 15]);
    for (const wrong of [1, 899, 43_201]) {
      await expect(token(wrong)).rejects.toMatchObject(failure("ValidationException", 400));
    }
  });

  test("P-06 P-16 a token opens the indexes of its domain, says when it has ended, and is nowhere in clear", async () => {
    const { repositoryEndpoint = "" } = await client.send(
      new GetRepositoryEndpointCommand({ domain, repository: "team", format: "pypi" }),
    );
    expect(repositoryEndpoint).toBe(`${it.mirror.url}/d/my-domain-123456789012/pypi/team/`);
    const { authorizationToken = "" } = await token(900);
    const ask = (authorization?: string) =>
      fetch(`${repositoryEndpoint}simple/nothing/`, {
        headers: authorization === undefined ? {} : { authorization },
      });
    const basic = `Basic ${Buffer.from(`aws:${authorizationToken}`).toString("base64")}`;
    expect((await ask(basic)).status).toBe(404);
    expect((await ask(`Bearer ${authorizationToken}`)).status).toBe(404);
    const vpc = `${it.mirror.url}/pypi/d/my-domain-123456789012/team/simple/nothing/`;
    expect((await fetch(vpc, { headers: { authorization: basic } })).status).toBe(404);
    const none = await ask();
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="Sallyport mirror", charset="UTF-8"',
    ]);
    expect((await ask(`Bearer ${authorizationToken.slice(1)}x`)).status).toBe(401);
    clock = 901_000;
    const ended = await ask(basic);
    const hint = "the token has expired; get a new one: aws codeartifact login, or sallyport mirror login";
    expect([ended.status, ended.statusText]).toEqual([401, `Unauthorized: ${hint}`]);
    expect(((await ended.json()) as { detail: string }).detail).toBe(hint);
    clock = 0;
    const kept = readFileSync(join(it.dir, "tokens"), "utf8") + it.lines.join("");
    expect(kept).not.toContain(authorizationToken);
    expect(statSync(join(it.dir, "tokens")).mode & 0o777).toBe(0o600);
  });
});

describe("about itself", () => {
  test("its version is the package's", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(VERSION).toBe(version);
  });

  test("health, readiness and metrics", async () => {
    const get = async (path: string) => {
      const answer = await fetch(it.mirror.url + path);
      return [answer.status, await answer.text()] as const;
    };
    expect(await get("/healthz")).toEqual([200, '{"status":"ok"}']);
    expect(await get("/readyz")).toEqual([200, '{"ready":true}']);
    expect((await get("/metrics"))[1]).toContain("sallyport_mirror_repositories 3");
    expect((await get("/nothing"))[0]).toBe(404);
  });
});
