/**
 * Variables that Terraform's SDK takes too, and that of JavaScript does not know. Left as they are, the two halves of a
 * command would act in different accounts.
 */
const ALIASES: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY: "AWS_ACCESS_KEY_ID",
  AWS_DEFAULT_PROFILE: "AWS_PROFILE",
  AWS_SECRET_KEY: "AWS_SECRET_ACCESS_KEY",
};

/** Gives each of them its usual name, unless that is set: Terraform's order. */
export function applyAwsAliases(env: NodeJS.ProcessEnv): void {
  for (const [alias, name] of Object.entries(ALIASES)) {
    if (env[alias] && !env[name]) env[name] = env[alias];
  }
}
