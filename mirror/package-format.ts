/** The package formats that the mirror serves and a login configures. */
export const PACKAGE_FORMATS = ["pypi", "npm"] as const;
export type PackageFormat = (typeof PACKAGE_FORMATS)[number];

/** The external connections of these formats, by AWS's names. */
export const CONNECTION_FORMATS: Readonly<Record<string, PackageFormat>> = {
  "public:pypi": "pypi",
  "public:npmjs": "npm",
};
