/** The order of the files: long ones first, and those that wait for Terraform spread among those that work. */
import { statSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Short files that take long: they wait for limits to pass, have their tables elsewhere, or install and deploy. */
const FIRST =
  /test\/(?:gateway\/nft\/hanging|gateway\/killed\/\w+\.system|judges\/[^/]+|package\/[^/]+\.system|docs\/pictures\.system)\.test\.ts$/;

/** So many files that wait begin at once. */
const AT_ONCE = 3;

export class SlowAndWaitingMixed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).sort((a, b) => sizeOf(b) - sizeOf(a));
    const of = (...names: string[]) => sorted.filter(({ project }) => names.includes(project.name));
    const [waiting, working] = [of("terraform"), of("system")];
    const mixed = waiting.splice(0, AT_ONCE);
    const stride = Math.ceil(working.length / (waiting.length + 1));
    for (let at = 0; at < working.length; at += stride) {
      mixed.push(...working.slice(at, at + stride), ...waiting.splice(0, 1));
    }
    return [...of("unit"), ...mixed, ...waiting];
  }
}

/** On a clean clone nothing is known of a file but its length. */
const sizeOf = ({ moduleId }: TestSpecification) =>
  FIRST.test(moduleId) ? Number.POSITIVE_INFINITY : statSync(moduleId).size;
