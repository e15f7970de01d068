/** Schema parts that several keys of sallyport.yaml share. */
import { type TSchema, type TUnsafe, Type } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";

export { flag, port } from "../../firewall/options/schema.js";

/** A schema with a default: its key has a value in every configuration. */
export type Defaulted<T extends TSchema> = T & { readonly default: NonNullable<unknown> };

/** Tells the type system about the schema's `default:`. */
export function defaulted<T extends TSchema>(schema: T): Defaulted<T> {
  if (schema.default === undefined) throw new Error("this schema has no default");
  return schema as Defaulted<T>;
}

/** Deeply read-only: a configuration never changes after loading. */
export type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

export const wholeNumber = (minimum: number, maximum: number, unit = "") =>
  Type.Integer({
    minimum,
    maximum,
    errorMessage: `must be a whole number from ${minimum} to ${maximum}${unit === "" ? "" : `: ${unit}`}`,
  });

export const text = (description: string, pattern: string, expected: string) =>
  Type.String({ description, pattern, errorMessage: `must be ${expected}` });

/** @param example `10.71.0.0/16` */
export const ipv4Block = (description: string, example: string) =>
  text(description, "^[0-9]{1,3}(?:\\.[0-9]{1,3}){3}/[0-9]{1,2}$", `a block of IPv4 addresses such as "${example}"`);

export const span = (description: string, fallback?: string) =>
  Type.String(
    defined({
      default: fallback,
      description,
      pattern: "^[1-9][0-9]{0,5}(?:s|m|h|d)$",
      errorMessage: 'must be a time span such as "90s", "30m" or "8h"',
    }),
  );

/** A choice of texts. Its type is their union. */
export function oneOf<const T extends string>(
  values: readonly T[],
  options: { default: T; description: string },
): TUnsafe<T> {
  const literals: TSchema = Type.Union(
    values.map((value) => Type.Literal(value)),
    { ...options, errorMessage: `must be ${values.map((value) => `"${value}"`).join(" or ")}` },
  );
  return literals as TUnsafe<T>;
}

// YAML 1.2 reads no, off, yes and on as text. As a path they are always a mistake.
const notYamlBoolean = "(?!(?:[Nn][Oo]|[Oo][Ff][Ff]|[Yy][Ee][Ss]|[Oo][Nn])$)";
export const pathPattern = `^${notYamlBoolean}[^\\x00-\\x1f\\x7f]+$`;

/** The path of a file on this machine. */
export const localFile = (options: { default?: string; description: string }) =>
  Type.String({ ...options, pattern: pathPattern, errorMessage: "must be the path of a file" });

export const VPC_ID = "^vpc-[0-9a-f]{8,17}$";
export const SUBNET_ID = "^subnet-[0-9a-f]{8,17}$";
export const INSTANCE_TYPE = "^[a-z][a-z0-9-]*\\.[a-z0-9-]+$";
export const AMI = "^(?:ubuntu-24\\.04|al2023|deep-learning|neuron|ami-[0-9a-f]{8,17})$";
export const AMI_EXPECTED =
  'must be "ubuntu-24.04", "al2023", "deep-learning", "neuron" or an id such as "ami-0123456789abcdef0"';
