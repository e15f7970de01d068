/** Operations on packages and their versions. */

import { defined } from "../../../base/defined.js";
import { normalizeName } from "../../pypi/names.js";
import type { AssetSummary, PackageName, PackageSummary, VersionSummary } from "../../resolve/contract.js";
import { nodeOf } from "../catalog/catalog.js";
import { badField, invalid, missing } from "../errors.js";
import { check, FORMATS, isServed, oneOf, PACKAGE } from "../names.js";
import { QUOTAS } from "../quotas.js";
import {
  domainIn,
  fieldOf,
  listIn,
  type Operation,
  type OperationInput,
  optional,
  pageOf,
  paging,
  param,
  repositoryIn,
} from "./operation.js";

const ALLOWANCES = ["ALLOW", "BLOCK"] as const;
const STATUSES = ["Published", "Unfinished", "Unlisted", "Archived", "Disposed", "Deleted"] as const;
const ORIGINS = ["INTERNAL", "EXTERNAL", "UNKNOWN"] as const;

const nodeIn = (input: OperationInput) =>
  nodeOf(input.service.catalog.repository(domainIn(input), repositoryIn(input)));

function packageIn({ query }: OperationInput): PackageName {
  const format = oneOf("format", param(query, "format"), FORMATS);
  const namespace = optional("namespace", param(query, "namespace"), PACKAGE);
  const name = check("package", param(query, "package"), PACKAGE);
  if (!isServed(format)) throw missing("package", name);
  // As in AWS, only the normalised name exists.
  if (format === "pypi" && name !== normalizeName(name)) throw missing("package", name);
  if (format === "pypi" && namespace !== undefined) throw badField("namespace", namespace, "be null for format pypi");
  return defined({ format, namespace, name });
}

const identity = ({ format, namespace, name }: PackageName) =>
  defined({
    format,
    namespace,
    package: name,
  });

const summaryView = (summary: PackageSummary) => ({
  ...identity(summary),
  originConfiguration: { restrictions: summary.origin },
});

const versionView = ({ version, revision, status, origin }: VersionSummary) => ({
  version,
  revision,
  status,
  origin: originView(origin),
});

function originView({ type, repository, externalConnection }: VersionSummary["origin"]) {
  return {
    domainEntryPoint: defined({
      repositoryName: repository,
      externalConnectionName: externalConnection,
    }),
    originType: type,
  };
}

function assetView({ name, size, hashes }: AssetSummary) {
  const { md5, sha512, sha256 } = hashes;
  const all = defined({ MD5: md5, "SHA-256": sha256 });
  return { name, size, hashes: sha512 === undefined ? all : { ...all, "SHA-512": sha512 } };
}

async function versionsOf(input: OperationInput) {
  const [node, name] = [nodeIn(input), packageIn(input)];
  const versions = await input.service.packages.versions(node, name);
  if (versions === undefined) throw missing("package", name.name);
  return { node, name, versions };
}

async function versionOf(input: OperationInput) {
  const wanted = check("version", param(input.query, "version"), PACKAGE);
  const { node, name, versions } = await versionsOf(input);
  const version = versions.find(({ version }) => version === wanted);
  if (version === undefined) throw missing("package-version", wanted);
  return { node, name, version };
}

export const packageOperations: readonly Operation[] = [
  {
    operation: "ListPackages",
    method: "POST",
    path: "/v1/packages",
    access: "read",
    async handle(input) {
      const { service, query } = input;
      const node = nodeIn(input);
      const format = param(query, "format");
      if (format !== undefined) oneOf("format", format, FORMATS);
      const namespace = optional("namespace", param(query, "namespace"), PACKAGE);
      const prefix = optional("package-prefix", param(query, "package-prefix"), PACKAGE) ?? "";
      const [publish, upstream] = (["publish", "upstream"] as const).map((name) => {
        const value = param(query, name);
        return value === undefined ? undefined : oneOf(name, value, ALLOWANCES);
      });
      const fits = (summary: PackageSummary) =>
        (format === undefined || summary.format === format) &&
        (namespace === undefined || summary.namespace === namespace) &&
        summary.name.startsWith(prefix) &&
        (publish === undefined || summary.origin.publish === publish) &&
        (upstream === undefined || summary.origin.upstream === upstream);
      const all = (await service.packages.list(node)).filter(fits);
      const key = ({ format, namespace, name }: PackageSummary) => [format, namespace ?? "", name].join("/");
      const { items, ...next } = pageOf(all, key, paging(query), QUOTAS.page);
      return { packages: items.map(summaryView), ...next };
    },
  },
  {
    operation: "DescribePackage",
    method: "GET",
    path: "/v1/package",
    access: "read",
    async handle(input) {
      const [node, name] = [nodeIn(input), packageIn(input)];
      const summary = await input.service.packages.describe(node, name);
      if (summary === undefined) throw missing("package", name.name);
      const { package: packageName, ...rest } = summaryView(summary);
      return { package: { ...rest, name: packageName } };
    },
  },
  {
    operation: "PutPackageOriginConfiguration",
    method: "POST",
    path: "/v1/package",
    access: "admin",
    async handle(input) {
      const [node, name] = [nodeIn(input), packageIn(input)];
      const restriction = (field: string) =>
        oneOf(`restrictions.${field}`, fieldOf(input.body.restrictions, field), ALLOWANCES);
      const controls = { publish: restriction("publish"), upstream: restriction("upstream") };
      const { origin } = await input.service.packages.setOrigin(node, name, controls);
      return { originConfiguration: { restrictions: origin } };
    },
  },
  {
    operation: "DeletePackage",
    method: "DELETE",
    path: "/v1/package",
    access: "publish",
    async handle(input) {
      const [node, name] = [nodeIn(input), packageIn(input)];
      const summary = await input.service.packages.deletePackage(node, name);
      if (summary === undefined) throw missing("package", name.name);
      return { deletedPackage: summaryView(summary) };
    },
  },
  {
    operation: "ListPackageVersions",
    method: "POST",
    path: "/v1/package/versions",
    access: "read",
    async handle(input) {
      const { query } = input;
      const status = param(query, "status");
      if (status !== undefined) oneOf("status", status, STATUSES);
      const type = param(query, "originType");
      if (type !== undefined) oneOf("originType", type, ORIGINS);
      const { name, versions } = await versionsOf(input);
      const all = versions
        .filter((version) => status === undefined || version.status === status)
        .filter(({ origin }) => type === undefined || origin.type === type);
      const { items, ...next } = pageOf(all, ({ version }) => version, paging(query), QUOTAS.page);
      const newest = versions.find((version) => version.status === "Published")?.version;
      return {
        ...defined({ defaultDisplayVersion: newest }),
        ...identity(name),
        versions: items.map(versionView),
        ...next,
      };
    },
  },
  {
    operation: "DescribePackageVersion",
    method: "GET",
    path: "/v1/package/version",
    access: "read",
    async handle(input) {
      const { name, version } = await versionOf(input);
      const { package: packageName, ...rest } = identity(name);
      const { publishedMs, summary, homePage, license } = version;
      const packageVersion = {
        ...rest,
        packageName,
        displayName: packageName,
        ...versionView(version),
        ...defined({ summary, homePage, publishedTime: publishedMs === undefined ? undefined : publishedMs / 1000 }),
        licenses: license === undefined ? [] : [{ name: license }],
      };
      return { packageVersion };
    },
  },
  {
    operation: "ListPackageVersionAssets",
    method: "POST",
    path: "/v1/package/version/assets",
    access: "read",
    async handle(input) {
      const { node, name, version } = await versionOf(input);
      const assets = await input.service.packages.assets(node, name, version.version);
      if (assets === undefined) throw missing("package-version", version.version);
      const { items, ...next } = pageOf(assets, (asset) => asset.name, paging(input.query), QUOTAS.page);
      return {
        ...identity(name),
        version: version.version,
        versionRevision: version.revision,
        assets: items.map(assetView),
        ...next,
      };
    },
  },
  {
    operation: "DeletePackageVersions",
    method: "POST",
    path: "/v1/package/versions/delete",
    access: "publish",
    async handle(input) {
      const wanted = listIn("versions", input.body.versions, (item) => check("versions.member", item, PACKAGE));
      if (wanted.length === 0 || wanted.length > 100) throw invalid("versions must have from 1 to 100 members.");
      const expected = input.body.expectedStatus;
      if (expected !== undefined && expected !== null) oneOf("expectedStatus", expected, STATUSES);
      const { node, name, versions } = await versionsOf(input);
      const successfulVersions: Record<string, unknown> = {};
      const failedVersions: Record<string, unknown> = {};
      const fail = (version: string, errorCode: string, errorMessage: string) => {
        failedVersions[version] = { errorCode, errorMessage };
      };
      for (const version of new Set(wanted)) {
        const found = versions.find((each) => each.version === version);
        if (found !== undefined && typeof expected === "string" && found.status !== expected) {
          fail(version, "MISMATCHED_STATUS", `Its status is ${found.status}.`);
        } else if (found === undefined || !(await input.service.packages.deleteVersion(node, name, version))) {
          fail(version, "NOT_FOUND", "There is no such version.");
        } else {
          successfulVersions[version] = { revision: found.revision, status: "Deleted" };
        }
      }
      return { successfulVersions, failedVersions };
    },
  },
];
