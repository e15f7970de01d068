/**
 * The part of the user's environment that Terraform gets. Its own variables can move the state (TF_WORKSPACE,
 * TF_DATA_DIR), add options to every command (TF_CLI_ARGS) or change what is made (TF_AWS_DEFAULT_TAGS_…). The
 * configuration alone decides these, so a variable passes only if it cannot change the result. Pure.
 */

/** Where providers come from, with which credentials and how much patience; and what is logged. */
const HARMLESS = new Set([
  "TF_APPEND_USER_AGENT",
  "TF_CLI_CONFIG_FILE",
  "TF_LOG",
  "TF_LOG_CORE",
  "TF_LOG_PATH",
  "TF_LOG_PROVIDER",
  "TF_PLUGIN_CACHE_DIR",
  "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
  "TF_PROVIDER_DOWNLOAD_RETRY",
  "TF_REGISTRY_CLIENT_TIMEOUT",
  "TF_REGISTRY_DISCOVERY_RETRY",
]);

/** Credentials of a registry, by its host name. */
const REGISTRY_TOKEN = /^TF_TOKEN_/;

/** Without effect on our stacks: they declare no variable, and their backend is a local file. */
const WITHOUT_EFFECT = /^TF_(?:VAR_|CLOUD_|HTTP_|ACC(?:$|_)|IN_AUTOMATION$|INPUT$)/;

interface PassingEnv {
  readonly env: NodeJS.ProcessEnv;
  /** Names of the variables that were left out although they would have had an effect. */
  readonly lost: readonly string[];
}

export function passingEnv(env: NodeJS.ProcessEnv): PassingEnv {
  const passes = (name: string) => !name.startsWith("TF_") || HARMLESS.has(name) || REGISTRY_TOKEN.test(name);
  const entries = Object.entries(env);
  const lost = entries.filter(([name, value]) => !passes(name) && hasEffect(name, value)).map(([name]) => name);
  return { env: Object.fromEntries(entries.filter(([name]) => passes(name))), lost: lost.sort() };
}

/** For people; without the values, which may be secret. */
export function lostText(lost: readonly string[]): string {
  return `Terraform runs without your ${lost.join(", ")}: sallyport.yaml alone decides what it does`;
}

/** For `cdktf`, which starts Terraform itself. */
export function passedOnText(lost: readonly string[]): string {
  return `cdktf passes your ${lost.join(", ")} on to Terraform; sallyport's commands run it without them`;
}

/** Terraform treats an empty variable as unset, and the default workspace is the one that the kit uses. */
function hasEffect(name: string, value: string | undefined): boolean {
  if (!value || WITHOUT_EFFECT.test(name)) return false;
  return !(name === "TF_WORKSPACE" && value === "default");
}
