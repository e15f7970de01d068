/**
 * The package's version. It is repeated here because the daemons' bundles have no package.json; a test compares both.
 */
export const VERSION = "0.1.0";
