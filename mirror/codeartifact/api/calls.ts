/** Every operation that is here, by method and path. */
import type { Call } from "./call.js";
import { domainCalls } from "./domain-calls.js";
import { packageCalls } from "./package-calls.js";
import { policyCalls } from "./policy-calls.js";
import { repositoryCalls } from "./repository-calls.js";
import { tagCalls } from "./tag-calls.js";
import { tokenCalls } from "./token-calls.js";

const CALLS = [...domainCalls, ...repositoryCalls, ...policyCalls, ...tagCalls, ...tokenCalls, ...packageCalls];

export const calls: ReadonlyMap<string, Call> = new Map(CALLS.map((call) => [`${call.method} ${call.path}`, call]));
