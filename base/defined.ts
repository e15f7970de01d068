/** What a member may be once `undefined` is dropped: optional where it could be undefined, as it was elsewhere. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The object without its members that are `undefined`, in the same order.
 *
 * @example defined({ host, port: url.port === "" ? undefined : Number(url.port) })
 */
export function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}
