/** One change to measure, as it goes to the process of a contestant on a line of JSON. */
export interface Job {
  /** Groups with the one or more ports that each of them opens; none if a prefix list is changed. */
  readonly groups: readonly { readonly id: string; readonly ports: readonly number[] }[];
  readonly prefixList?: string;
  /** Addresses in the list before the change. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface JobTiming {
  readonly seconds: number;
}
