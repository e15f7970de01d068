/** Semantic Versioning 2.0.0, as npm orders versions. */

const SEMVER = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

export const isSemver = (version: string) => version.length <= 256 && SEMVER.test(version);

/** Semver's precedence; versions of equal precedence are in the order of their text. */
export function compareSemver(a: string, b: string): number {
  const [, ...left] = SEMVER.exec(a) ?? [];
  const [, ...right] = SEMVER.exec(b) ?? [];
  for (let i = 0; i < 3; i++) {
    const difference = Number(left[i] ?? 0) - Number(right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  const [pre, other] = [left[3], right[3]];
  if (pre === undefined || other === undefined) {
    if (pre !== other) return pre === undefined ? 1 : -1;
  } else {
    const [mine, theirs] = [pre.split("."), other.split(".")];
    for (let i = 0; i < Math.min(mine.length, theirs.length); i++) {
      const difference = compareIdentifiers(mine[i] ?? "", theirs[i] ?? "");
      if (difference !== 0) return difference;
    }
    if (mine.length !== theirs.length) return mine.length - theirs.length;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Number(a) - Number(b);
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
