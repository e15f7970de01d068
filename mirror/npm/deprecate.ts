/** What `npm deprecate` sends: the whole document of a package, without a tarball, with messages in its versions. */
import { randomUUID } from "node:crypto";
import { defined } from "../../base/defined.js";
import type { Exchange } from "../../http/server/exchange.js";
import { isObject } from "../is-object.js";
import type { Manifest, PackageRecord } from "../resolve/model.js";
import type { PackageService } from "../resolve/package-service.js";
import type { RepositoryPackage } from "../resolve/package-views.js";
import { malformedUpload } from "../resolve/problems.js";
import { withVersion } from "../resolve/retain.js";
import type { PackageView } from "../resolve/version-view.js";

export interface Deprecations {
  /** By version; undefined for one that is not deprecated. */
  readonly messages: ReadonlyMap<string, string | undefined>;
}

/** @returns undefined for a document that publishes. */
export function parseDeprecations(document: unknown, name: string): Deprecations | undefined {
  if (!isObject(document) || document.name !== name || !isObject(document.versions)) return undefined;
  if (isObject(document._attachments) && Object.keys(document._attachments).length > 0) return undefined;
  const messages = Object.entries(document.versions).map(
    ([version, manifest]) => [version, isObject(manifest) ? messageOf(manifest) : undefined] as const,
  );
  return messages.length === 0 ? undefined : { messages: new Map(messages) };
}

/** @throws Problem of status 400 for versions that this repository cannot change */
export async function receiveDeprecations(
  exchange: Exchange,
  wanted: RepositoryPackage,
  { messages }: Deprecations,
  service: PackageService,
): Promise<void> {
  const { repository, name } = wanted;
  const { view } = await service.views.show(wanted);
  await service.dependencies.records.update(repository.id, "npm", name, (record) => {
    let next = record;
    for (const [version, message] of messages) {
      if (messageIn(view, version) === message && view.versions.has(version)) continue;
      next = withMessage(next, version, message);
      if (next === undefined)
        throw malformedUpload(
          view.versions.has(version)
            ? `"${name}@${version}" is not in "${repository.name}" itself, so it cannot be deprecated there`
            : `the document has no tarball of "${name}@${version}"`,
        );
    }
    return next;
  });
  exchange.json(200, { ok: true, id: name });
}

const messageIn = (view: PackageView, version: string) => messageOf(view.versions.get(version)?.version.manifest ?? {});

/** npm takes a deprecation back by an empty message. */
const messageOf = ({ deprecated }: Manifest) =>
  typeof deprecated === "string" && deprecated !== "" ? deprecated : undefined;

/** @returns undefined if the record has no such version. */
function withMessage(
  record: PackageRecord | undefined,
  version: string,
  message: string | undefined,
): PackageRecord | undefined {
  const kept = record?.versions[version];
  if (record === undefined || kept === undefined) return undefined;
  const { deprecated: _before, ...manifest } = kept.manifest ?? {};
  const shown = { ...manifest, ...defined({ deprecated: message }) };
  return withVersion(record, { ...kept, manifest: shown, revision: randomUUID() });
}
