/** The package's version, written here since the daemons' bundles have no package.json beside them. A test compares. */
export const VERSION = "0.1.0";
