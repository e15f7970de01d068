/**
 * For the environment of Terraform in tests. Each of its commands reads the provider's schema of 1,500 resources, and the
 * collector of Go takes a quarter of the processor time: with a larger heap it runs less often.
 */
export const TERRAFORM_SPEED = { GOGC: "400" } as const;
