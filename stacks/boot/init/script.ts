/** Checks a user's bash script, and finds the parts that look like secrets. Pure. */
import { type SecretShape, secretShape } from "../../../config/secret-shapes.js";
import * as errors from "./errors.js";

export interface InitScript {
  readonly text: string;
  /** `setup.sh:7 (something long and random)`: may be a secret, may be a checksum. */
  readonly suspicious: readonly string[];
}

/** Shapes that also occur in ordinary scripts, such as checksums and innocent variables with secretive names. */
const ALSO_HARMLESS: ReadonlySet<SecretShape> = new Set(["a secret beside its name", "something long and random"]);

/**
 * Drops lines that begin with `#!` and white space at the end of lines, as Apyfal does. A file with Windows line ends
 * therefore works.
 *
 * @throws Fault (exit status 2) for a language other than bash, and for certain secrets.
 */
export function initScript(text: string, shownAs: string): InitScript {
  if (text.includes("\0")) throw errors.notText("init_script", shownAs);
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const [first = ""] = lines;
  if (first.startsWith("#!") && !/^#!\s*(?:\S*\/)?(?:env\s+(?:-S\s+)?)?(?:\S*\/)?(?:ba)?sh(?:\s|$)/.test(first)) {
    throw errors.notBash(shownAs);
  }
  const found = lines.flatMap((line, index) => {
    // Only the host knows the value of a variable.
    const shape = secretShape(line.replaceAll(/(?:bearer\s+)?(?:\$\{[^}]*\}|\$\w+)/gi, ""));
    return shape === undefined ? [] : [{ shape, place: `${shownAs}:${index + 1} (${shape})` }];
  });
  const sure = found.filter(({ shape }) => !ALSO_HARMLESS.has(shape));
  if (sure.length > 0) throw errors.secretsInScript(sure.map(({ place }) => place));
  const kept = lines.filter((line) => !line.startsWith("#!")).map((line) => line.replace(/[ \t\f\v]+$/, ""));
  return { text: `${kept.join("\n").replace(/\n+$/, "")}\n`, suspicious: found.map(({ place }) => place) };
}
