/** A login from end to end: a token and an endpoint from CodeArtifact, written into the tool's configuration. */
import { defined } from "../../base/defined.js";
import { CodeArtifact } from "./codeartifact.js";
import * as errors from "./errors.js";
import { logIn } from "./log-in.js";
import type { RepositoryRef } from "./repository-ref.js";
import type { Login } from "./store.js";
import { type Environment, formatOf, type LoginTool } from "./tool.js";
import { changesFor } from "./tools.js";

export interface LoginRequest {
  readonly tool: LoginTool;
  readonly repository: RepositoryRef;
  /** npm, pnpm, yarn: `@acme` */
  readonly scope?: string | undefined;
  /** @default made from the repository's name */
  readonly name?: string | undefined;
  /** @default 12 hours, chosen by AWS */
  readonly lifetimeSeconds?: number | undefined;
}

export interface LoginOptions {
  readonly env: Environment;
  readonly signal: AbortSignal;
}

export interface WrittenLogin {
  readonly login: Login;
  /** Absolute paths. */
  readonly files: readonly string[];
}

/** What `checkRequest` looks at; checked before the repository is looked up. */
export type RequestedNames = Pick<LoginRequest, "tool" | "scope" | "name">;

/** @throws Fault `mirror/scope-of-python`, `mirror/bad-scope`, `mirror/bad-name` */
export function checkNames({ tool, scope, name }: RequestedNames): void {
  if (scope !== undefined && formatOf(tool) !== "npm") throw errors.scopeOfPython(tool);
  if (scope !== undefined && !/^@[a-z0-9~-][a-z0-9._~-]*$/.test(scope)) throw errors.badScope(scope);
  if (name !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw errors.badName(name);
}

/** Logs a tool in. @throws Fault */
export async function createLogin(request: LoginRequest, options: LoginOptions): Promise<WrittenLogin> {
  const { tool, repository, scope, lifetimeSeconds } = request;
  const { env, signal } = options;
  checkNames(request);
  const api = new CodeArtifact(repository, { signal });
  try {
    const draft = {
      id: scope === undefined ? tool : `${tool}:${scope}`,
      tool,
      name: request.name ?? nameFor(tool, repository),
      target: await fixed(repository, env, () => api.region()),
      scope,
      profile: env.AWS_PROFILE,
      lifetimeSeconds,
    };
    return await write(api, draft, env);
  } finally {
    api.close();
  }
}

/** Replaces the token of a login by a new one. The old token stays if this fails. @throws Fault */
export async function renewLogin(login: Login, { env, signal }: LoginOptions): Promise<WrittenLogin> {
  const api = new CodeArtifact(login.target, defined({ signal, profile: login.profile }));
  try {
    return await write(api, login, env);
  } finally {
    api.close();
  }
}

type Draft = {
  readonly [K in keyof Omit<Login, "endpoint" | "issuedAt" | "expiresAt">]: Login[K] | undefined;
} & Pick<Login, "id" | "tool" | "name" | "target">;

async function write(api: CodeArtifact, draft: Draft, env: Environment): Promise<WrittenLogin> {
  const { id, tool, name, target, scope, profile, lifetimeSeconds } = draft;
  const [grant, endpoint] = await Promise.all([api.authorize(lifetimeSeconds), api.endpoint(formatOf(tool))]);
  const { token, issuedAt, expiresAt } = grant;
  // The order of the keys is the order in the state file.
  const login: Login = defined({
    id,
    tool,
    name,
    target,
    endpoint,
    issuedAt,
    expiresAt,
    scope,
    profile,
    lifetimeSeconds,
  });
  const files = await logIn(env, login, changesFor(defined({ tool, endpoint, token, name, scope }), env));
  return { login, files };
}

/** Region and endpoint are kept as they are now: a later `refresh`, run by a timer, has another environment. */
async function fixed(
  repository: RepositoryRef,
  env: Environment,
  region: () => Promise<string>,
): Promise<RepositoryRef> {
  const apiUrl = repository.apiUrl ?? env.AWS_ENDPOINT_URL_CODEARTIFACT ?? env.AWS_ENDPOINT_URL;
  return { ...repository, region: await region(), ...defined({ apiUrl }) };
}

/** The AWS CLI calls twine's repository "codeartifact"; Poetry reads a dot as a separator. */
function nameFor(tool: LoginTool, { repository }: RepositoryRef): string {
  return tool === "twine" ? "codeartifact" : repository.replaceAll(".", "-").slice(0, 64);
}

/** What the user does next, one line each. */
export function nextSteps({ tool, name, endpoint }: Login): string[] {
  switch (tool) {
    case "poetry":
      return [`in a project: poetry source add ${name} ${endpoint}simple/`, `to publish: poetry publish -r ${name}`];
    case "twine":
      return [`to publish: twine upload -r ${name} dist/*`];
    default:
      return [];
  }
}
