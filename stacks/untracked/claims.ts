/** Names that a stack without machines takes: whether AWS has them already, as the tag of the project tells. */

import { PROJECT_TAG } from "../names.js";
import { Asker } from "../preflight/asker.js";
import type { Fact } from "../preflight/facts.js";
import type { TaggedResource } from "./untracked.js";

export interface Claim {
  /** For people. */
  readonly name: string;
  /** As the tagging API calls it. */
  readonly type: "codeartifact:domain" | "lambda:function";
  /** Of names that the stack may take. */
  readonly pattern: RegExp;
  /** Whether a second one of the name fails. Otherwise AWS makes the names unique, and both work. */
  readonly isUnique: boolean;
  /** What to type. */
  readonly mend: string;
}

/** Milliseconds. */
const LIMIT_MS = 10_000;

interface Answer {
  readonly PaginationToken?: string;
  readonly ResourceTagMappingList?: readonly {
    readonly ResourceARN?: string;
    readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
  }[];
}

/** All of that type which a project of Sallyport's made in the region, and whose names the claim covers. */
export async function readClaimed(
  { type, pattern }: Claim,
  {
    region,
    env,
    signal,
  }: { readonly region: string; readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<Fact<readonly TaggedResource[]>> {
  const asker = new Asker({ region, env, signal, limit: AbortSignal.timeout(LIMIT_MS) });
  const endpoint = asker.endpoint("RESOURCE_GROUPS_TAGGING_API", `tagging.${region}`);
  const target = "ResourceGroupsTaggingAPI_20170126.GetResources";
  try {
    return await asker.ask("tag:GetResources", async () => {
      const found: TaggedResource[] = [];
      let PaginationToken: string | undefined;
      do {
        const body = { ResourceTypeFilters: [type], TagFilters: [{ Key: PROJECT_TAG }], PaginationToken };
        const page = (await asker.json({ endpoint, service: "tagging", region, target, body })) as Answer;
        found.push(...resourcesOf(page, type));
        PaginationToken = page.PaginationToken;
      } while (PaginationToken);
      return found.filter(({ id }) => pattern.test(id));
    });
  } finally {
    asker.close();
  }
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, `arn:aws:codeartifact:REGION:ACCOUNT:domain/NAME`. */
function resourcesOf({ ResourceTagMappingList: list = [] }: Answer, type: string): TaggedResource[] {
  return list.map(({ ResourceARN: arn = "", Tags = [] }) => ({
    id: arn
      .split(":")
      .slice(5)
      .join(":")
      .replace(/^[a-z-]+[:/]/, ""),
    type: type.replace(":", "-"),
    tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
  }));
}
