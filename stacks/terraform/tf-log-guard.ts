import * as errors from "./errors.js";

/** At the levels DEBUG and TRACE, Terraform's provider logs write-only values, and with them private keys. */
export function guardTerraformLog(env: NodeJS.ProcessEnv): void {
  for (const variable of ["TF_LOG", "TF_LOG_PROVIDER"]) {
    const value = env[variable];
    // JSON is TRACE in another form, and Terraform treats an unknown level as TRACE.
    if (value && !/^(?:INFO|WARN|ERROR|OFF)$/i.test(value)) throw errors.logWithSecrets(variable, value);
  }
}
