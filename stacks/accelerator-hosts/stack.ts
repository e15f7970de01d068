import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { AcceleratorHost } from "../constructs/accelerator-host.js";
import { ExistingHost } from "../constructs/existing-host.js";
import { loginUser } from "../constructs/image-families.js";
import { MachineImage } from "../constructs/machine-image.js";
import { STACK_NAME } from "../names.js";
import { addProvider } from "../terraform/backend.js";
import { addFleet } from "./fleet.js";
import { addOutputs, type FoundHost } from "./host-outputs.js";
import { hostTags, type NewHost, type PlannedHost } from "./hosts.js";
import type { DeploymentInputs } from "./inputs.js";
import { addSharedParts, type SharedParts } from "./shared-parts.js";

/**
 * Without capacity EC2 answers with a 500, and the provider would retry 25 times, which takes far too long. The number
 * of retries in AWS's own tools is enough for a short disturbance.
 */
const SPOT_RETRIES = 4;

/** Guarded accelerator hosts: the stack that `sallyport up` and `cdktf deploy` provision. */
export class AcceleratorHostsStack extends TerraformStack {
  readonly #inputs: DeploymentInputs;
  readonly #images = new Map<string, MachineImage>();

  constructor(scope: Construct, inputs: DeploymentInputs) {
    super(scope, STACK_NAME);
    this.#inputs = inputs;
    const hasSpot = inputs.hosts.some((host) => host.kind === "new" && host.spot !== false);
    addProvider(this, STACK_NAME, inputs, hasSpot ? { maxRetries: SPOT_RETRIES } : {});
    const shared = inputs.kind === "existing" ? undefined : addSharedParts(this, inputs);
    const hosts = inputs.hosts.flatMap((host) => this.#host(host, shared) ?? []);
    const fleet = this.#fleet(shared);
    // These hosts have a parent construct, since a host may be called "hosts" or "callers".
    addOutputs(
      new Construct(this, "Outputs"),
      defined({
        inputs,
        hosts,
        fleet,
        access: shared === undefined ? undefined : shared.access,
      }),
    );
  }

  #fleet(shared: SharedParts | undefined) {
    if (shared === undefined) return undefined;
    const { inputs, vpcId = "", access, agent, keyPair } = shared;
    const { fleet, ami } = inputs;
    if (fleet === undefined) return undefined;
    const { keyName } = keyPair;
    const image = this.#image(ami);
    return addFleet(
      this,
      { ...inputs, fleet },
      {
        vpcId,
        access,
        agent,
        keyName,
        image,
        privateAddress: this.#isPrivate,
      },
    );
  }

  #host(host: PlannedHost, shared: SharedParts | undefined): FoundHost | undefined {
    switch (host.kind) {
      case "new":
        return shared && this.#newHost(host, shared);
      case "instance": {
        const { instanceId } = host;
        const found = new ExistingHost(this, host.name, { instanceId, privateAddress: this.#isPrivate });
        const { publicIp, privateIp, instanceType } = found.instance;
        return {
          host,
          instanceId,
          publicIp,
          privateIp,
          instanceType,
          address: found.address,
          ...this.#reached(host, found.address),
        };
      }
      case "address": {
        const { address } = host;
        const nothing = { instanceId: "", privateIp: "", instanceType: "" };
        return { host, ...nothing, publicIp: address, address, ...this.#reached(host, address) };
      }
    }
  }

  #newHost(planned: NewHost, { inputs, access, keyPair, agent }: SharedParts): FoundHost {
    const { hostNamePrefix } = inputs;
    const { name, spot, sshUser, subnetId, onShutdown } = planned;
    const host = new AcceleratorHost(
      this,
      name,
      defined({
        access,
        keyPair,
        agent,
        image: this.#image(planned.ami),
        instanceType: planned.instanceType,
        rootVolumeGib: planned.rootVolumeGib,
        privateAddress: this.#isPrivate,
        tags: hostTags(this.#inputs, name),
        nameTag: hostNamePrefix === undefined ? undefined : `${hostNamePrefix}-${name}`,
        onShutdown,
        spot: spot === false ? undefined : spot,
        sshUser,
        subnetId,
      }),
    );
    const { id, publicIp, privateIp } = host.instance;
    const { instanceType } = planned;
    const { address, agentUrl = "" } = host;
    return {
      host: planned,
      instanceId: id,
      publicIp,
      privateIp,
      instanceType,
      address,
      agentUrl,
      sshUser: host.sshUser,
    };
  }

  /** The outputs of a host that the deployment did not create. */
  #reached({ sshUser }: PlannedHost, address: string): Pick<FoundHost, "agentUrl" | "sshUser"> {
    const { tls, ami } = this.#inputs;
    const host = address.includes(":") && !address.includes("$") ? `[${address}]` : address;
    return {
      agentUrl: `${tls === undefined ? "http" : "https"}://${host}`,
      sshUser: sshUser ?? loginUser(ami),
    };
  }

  /** With public ingress off, the public address is of no use. */
  get #isPrivate(): boolean {
    const { table, usePrivateIp = false } = this.#inputs;
    return usePrivateIp || table.isVpcOnly;
  }

  /** One look-up per image family, however many hosts boot it. */
  #image(ami: string): MachineImage {
    const known = this.#images.get(ami);
    if (known !== undefined) return known;
    const image = new MachineImage(this, ami === this.#inputs.ami ? "Image" : `Image-${ami}`, { ami });
    this.#images.set(ami, image);
    return image;
  }
}
