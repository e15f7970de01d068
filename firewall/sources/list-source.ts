/** Where a list of addresses comes from. `parse-source.ts` reads how users write it. */

export type ListSource = (
  | { readonly kind: "faculty"; readonly url: string }
  /** A JSON document at a URL or in a file, and the place of the list in it. */
  | { readonly kind: "json"; readonly url: string; readonly pointer: readonly string[] }
  | { readonly kind: "json"; readonly path: string; readonly pointer: readonly string[] }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "dns"; readonly host: string }
  | { readonly kind: "aws"; readonly service: string; readonly region?: string }
  | { readonly kind: "caller" }
) & {
  /** For messages: as the user wrote it, but without a query, which may hold a secret. */
  readonly name: string;
};

/** One entry of a list, not yet checked. */
export interface ListEntry {
  readonly text: string;
  /** Its place: `line 7`, `/ipAddresses/3`. */
  readonly at: string;
}
