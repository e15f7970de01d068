/**
 * A synthesized stack as text that is the same on every machine and that people can compare. What
 * differs between machines stands as a word in capitals, base64 is decoded, cdktf's comments are folded
 * to one line, and the boot script's fixed part is left to a file of its own. Nothing is left out.
 */

export interface ReadableStack {
  readonly text: string;
  /** The boot scripts of the stack without their first lines, which hold the values. */
  readonly bootScripts: readonly string[];
}

/** @param words text that differs between machines → what stands in its place; longer texts first. */
export function readableStack(json: string, words: ReadonlyMap<string, string>): ReadableStack {
  const bootScripts: string[] = [];
  const heads: string[] = [];
  const replaced = (text: string) => [...words].reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const folded = json
    .replace(/"(user_data(?:_base64)?)": "([A-Za-z0-9+/=]+)"/g, (_, key: string, encoded: string) => {
      const script = replaced(decode(encoded));
      const end = script.indexOf("\nreadonly imds=") + 1;
      heads.push(decodedWords(script.slice(0, end), words));
      bootScripts.push(decodedWords(script.slice(end), words));
      return `"${key}": "BOOT-SCRIPT-${heads.length}"`;
    })
    .replace(/"\/\/": \{\s+"metadata": \{\s+"path": ("[^"]+"),\s+"uniqueId": ("[^"]+")\s+\}\s+\}/g, '"//": [$1, $2]');
  const named = heads.map((head, index) => `\n----- BOOT-SCRIPT-${index + 1} -----\n${head}`);
  return { text: `${replaced(folded)}${named.join("")}`, bootScripts };
}

/** Each quoted word of base64 with what it holds, as `base64(…)`. */
function decodedWords(script: string, words: ReadonlyMap<string, string>): string {
  return script.replace(/'([A-Za-z0-9+/]{16,}={0,2})'/g, (whole, word: string) => {
    const text = decode(word);
    if (Buffer.from(text).toString("base64") !== word) return whole;
    return `base64(\n${[...words].reduce((all, [from, to]) => all.replaceAll(from, to), text)})`;
  });
}

const decode = (text: string) => Buffer.from(text, "base64").toString();
