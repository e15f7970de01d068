/** `T` as it may be written down: a member that may be left out may be `undefined` too. */
export type Loose<T> = { [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K] };

/** `T` without `undefined`: a member that may be undefined becomes one that may be left out. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The object without its members that are `undefined`, in the same order. Absence is written once, here, rather
 * than as a conditional spread at each place.
 *
 * @example
 * const options: HttpOptions = defined({ host, port: url.port === "" ? undefined : Number(url.port) });
 */
export function defined<T extends object>(members: Loose<T>): T;
export function defined<const T extends object>(members: T): Defined<T>;
export function defined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
