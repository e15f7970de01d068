/**
 * What the provider does not read when it imports a resource, and what would otherwise replace a machine (its boot script)
 * or its key pair, or keep a bucket from being removed with its content. Pure.
 */
interface State {
  readonly serial: number;
  readonly resources: readonly Resource[];
}

interface Resource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly instances: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
}

interface InstanceAttributes {
  readonly id?: unknown;
  readonly tags?: { readonly Name?: string };
  readonly root_block_device?: readonly object[];
}

export interface Completion {
  /** Addresses of what was imported. */
  readonly addresses: ReadonlySet<string>;
  /** The user data in base64, by id of the instance. */
  readonly scripts: ReadonlyMap<string, string>;
  /** The deployment's own, from whose digest the name of the key pair is made. */
  readonly publicKey: string | undefined;
}

export function completeImports<T extends State>(state: T, { addresses, scripts, publicKey }: Completion): T {
  const missing = (type: string, attributes: Readonly<Record<string, unknown>>) => {
    if (type === "aws_s3_bucket") return { force_destroy: true };
    if (type === "aws_key_pair") return publicKey === undefined ? {} : { public_key: publicKey };
    if (type !== "aws_instance") return {};
    const { id, tags, root_block_device = [] } = attributes as InstanceAttributes;
    return {
      user_data: null,
      user_data_base64: scripts.get(String(id)) || null,
      user_data_replace_on_change: true,
      // The stack gives all volumes of a machine the same tags, so the provider has them here and not with each volume.
      volume_tags: { Name: tags?.Name ?? "" },
      root_block_device: root_block_device.map((volume) => ({ ...volume, tags: null, tags_all: {} })),
    };
  };
  const resources = state.resources.map((resource) => {
    const { mode, type, name } = resource;
    if (mode !== "managed" || !addresses.has(`${type}.${name}`)) return resource;
    const instances = resource.instances.map((instance) => ({
      ...instance,
      attributes: { ...instance.attributes, ...missing(type, instance.attributes) },
    }));
    return { ...resource, instances };
  });
  return { ...state, serial: state.serial + 1, resources };
}
