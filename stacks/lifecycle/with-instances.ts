import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { STACK_NAME } from "../names.js";
import { checkPlace } from "../place/check-place.js";
import { Instances } from "./instances.js";

/** @param work asks EC2 in the region and the account of the deployed hosts. @throws Fault if these are elsewhere */
export async function withInstances<T>(
  loaded: LoadedConfig,
  work: (instances: Instances) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  await checkPlace(loaded, [STACK_NAME], defined({ signal }));
  const instances = new Instances({ region: loaded.config.region });
  try {
    return await work(instances);
  } finally {
    instances.close();
  }
}
