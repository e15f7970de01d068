/** The package's version; a test holds the two together. The bundle has no package.json beside it. */
export const VERSION = "0.1.0";
