/** What AWS says before a deployment, as values. */
import type { HourlyPrice } from "./price-list.js";

/** A question may stay without an answer: a policy need not allow it, and it must not take long. */
export type Fact<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export interface DefaultNetwork {
  readonly vpcId: string | undefined;
  /** Zones of its default subnets. */
  readonly zones: readonly string[];
  /** Whether any of them gives machines public addresses. */
  readonly isPublic: boolean;
}

export interface SubnetFacts {
  readonly zone: string;
  /** Whether its machines get public addresses. */
  readonly isPublic: boolean;
}

export interface TypeFacts {
  readonly vcpus: number;
  readonly architectures: readonly string[];
}

export interface ImageFacts {
  readonly architecture: string;
  /** Size of its root volume. */
  readonly rootGib: number;
}

export interface RunningMachine {
  readonly type: string;
  readonly vcpus: number;
  readonly spot: boolean;
}

export interface Facts {
  readonly network: Fact<DefaultNetwork>;
  /** By id. */
  readonly subnets: Fact<ReadonlyMap<string, SubnetFacts>>;
  /** Zones that offer an instance type. A type without an entry is offered in none. */
  readonly zones: Fact<ReadonlyMap<string, readonly string[]>>;
  readonly types: Fact<ReadonlyMap<string, TypeFacts>>;
  readonly images: Fact<ReadonlyMap<string, ImageFacts>>;
  /** vCPUs, by code. Empty on an emulator, which has no quotas. */
  readonly quotas: ReadonlyMap<string, Fact<number>>;
  readonly running: Fact<readonly RunningMachine[]>;
  /** By {@link priceKey}; undefined: not known. Empty on an emulator, which costs nothing. */
  readonly prices: ReadonlyMap<string, HourlyPrice | undefined>;
}

export const priceKey = (type: string, spot: boolean): string => (spot ? `${type} spot` : type);
