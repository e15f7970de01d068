/** Names of npm packages. */
import { MAX_NAME_BYTES } from "../pypi/names.js";

// What npm has accepted since 2017, and the capitals of before.
const PART = "[A-Za-z0-9~!'()*-][A-Za-z0-9._~!'()*-]*";
const NAME = new RegExp(`^(?:@${PART}/)?${PART}$`);

export function isNpmName(name: string): boolean {
  return name.length <= MAX_NAME_BYTES && NAME.test(name) && !/^(?:node_modules|favicon\.ico)$/.test(name);
}
