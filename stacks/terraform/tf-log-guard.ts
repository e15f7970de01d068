import * as errors from "./errors.js";

/** Terraform's provider prints write-only values, so private keys, in its log at the levels DEBUG and TRACE. */
export function guardTerraformLog(env: NodeJS.ProcessEnv): void {
  for (const variable of ["TF_LOG", "TF_LOG_PROVIDER"]) {
    const value = env[variable];
    // JSON is TRACE in another form, and so is a level that Terraform does not know.
    if (value && !/^(?:INFO|WARN|ERROR|OFF)$/i.test(value)) throw errors.logWithSecrets(variable, value);
  }
}
