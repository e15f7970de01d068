/** The package formats that the mirror serves and a login configures. */
export const PACKAGE_FORMATS = ["pypi", "npm"] as const;
export type PackageFormat = (typeof PACKAGE_FORMATS)[number];
