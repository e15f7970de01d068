/** A package that a lock or requirements file asks for. */
export interface RequiredPackage {
  readonly name: string;
  /** The exact version, where one is pinned. */
  readonly version?: string;
  /** From where it is downloaded, whatever the index says. Without a password. */
  readonly url?: string;
  /** npm alone replaces the host of npm's own registry in a URL by that of its registry. */
  readonly fixed?: true;
}
