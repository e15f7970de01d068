/** The rules of AWS's model for names in requests, lengths included. */
import type { PackageFormat } from "../package-format.js";
import { PACKAGE_FORMATS } from "../package-format.js";
import { badField } from "./errors.js";

export interface Rule {
  readonly pattern: RegExp;
  /** As AWS prints it. */
  readonly text: string;
}

const rule = (source: string): Rule => ({
  pattern: new RegExp(`^(?:${source})$`, "u"),
  text: `satisfy regular expression pattern: ${source}`,
});

export const DOMAIN = rule("[a-z][a-z0-9\\-]{0,48}[a-z0-9]");
export const ACCOUNT = rule("[0-9]{12}");
export const REPOSITORY = rule("[A-Za-z0-9][A-Za-z0-9._\\-]{1,99}");
export const REPOSITORY_PREFIX = rule("[A-Za-z0-9][A-Za-z0-9._\\-]{0,99}");
export const CONNECTION = rule("[A-Za-z0-9][A-Za-z0-9._\\-:]{1,99}");
export const DESCRIPTION = rule("\\P{C}{0,1000}");
export const ENCRYPTION_KEY = rule("\\S{1,1011}");
export const TAG_KEY = rule("\\P{C}{1,128}");
export const TAG_VALUE = rule("\\P{C}{0,256}");
export const PACKAGE = rule("[^#/\\s]{1,255}");
export const REVISION = rule("\\S{1,100}");
export const RESOURCE_ARN = rule("\\S{1,1011}");

/** Every format of AWS's model. Endpoints and connections may name any of them; two have packages here. */
export const FORMATS = ["npm", "pypi", "maven", "nuget", "generic", "ruby", "swift", "cargo"] as const;
export type Format = (typeof FORMATS)[number];

/** AWS's external connections, each with the format of its packages. */
export const CONNECTIONS: Readonly<Record<string, Format>> = {
  "public:pypi": "pypi",
  "public:npmjs": "npm",
  "public:nuget-org": "nuget",
  "public:maven-central": "maven",
  "public:maven-googleandroid": "maven",
  "public:maven-gradleplugins": "maven",
  "public:maven-commonsware": "maven",
  "public:maven-clojars": "maven",
  "public:ruby-gems-org": "ruby",
  "public:crates-io": "cargo",
};

/** @throws ApiError ValidationException */
export function check(field: string, value: unknown, { pattern, text }: Rule): string {
  if (value === undefined || value === null) throw badField(field, undefined, "not be null");
  if (typeof value !== "string" || !pattern.test(value)) throw badField(field, String(value), text);
  return value;
}

/** @throws ApiError ValidationException */
export function oneOf<T extends string>(field: string, value: unknown, values: readonly T[]): T {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw badField(
    field,
    value === undefined ? undefined : String(value),
    `satisfy enum value set: [${values.join(", ")}]`,
  );
}

export const isServed = (format: Format): format is PackageFormat =>
  PACKAGE_FORMATS.some((served) => served === format);
