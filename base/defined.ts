/** `T` for writing: each optional member may also be `undefined`. */
export type Loose<T> = { [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K] };

/** `T` without `undefined`: a member that may be undefined becomes optional. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * Returns the object without its `undefined` members, in the same order. This one place handles absent members, so that
 * callers need no conditional spreads.
 *
 * @example
 * const options: HttpOptions = defined({ host, port: url.port === "" ? undefined : Number(url.port) });
 */
export function defined<T extends object>(members: Loose<T>): T;
export function defined<const T extends object>(members: T): Defined<T>;
export function defined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
