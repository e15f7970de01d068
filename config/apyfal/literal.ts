/** Parses Python literals in an INI file. */

/**
 * `True`, `yes`, `1` …; undefined for a text that is neither true nor false. Apyfal itself took any other text for
 * true.
 */
export function literalFlag(value: string): boolean | undefined {
  if (/^(?:true|yes|on|1)$/i.test(value)) return true;
  return /^(?:false|no|off|0|none)$/i.test(value) ? false : undefined;
}

/** A URL of Apyfal's storage (`s3://…`, `https://…`), as opposed to a path. */
function isUrl(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}

/** The path in `file:///x` or `/x`; undefined for a URL that points elsewhere. */
export function localPathOf(value: string): string | undefined {
  if (/^file:\/\//i.test(value)) return value.slice("file://".length);
  return isUrl(value) ? undefined : value;
}
