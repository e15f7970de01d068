/** Where each option is written: `firewall` → `sallyport.yaml:7:3`. */
export type Origins = Readonly<Record<string, string>>;

export const BUILT_IN = "built in";

/** Place of `ingress[0].cidr`, else of `ingress[0]`, else of `ingress`. */
export function writtenAt(origins: Origins, path: string): string | undefined {
  for (let end = path.length; end > 0; end = Math.max(path.lastIndexOf(".", end - 1), path.lastIndexOf("[", end - 1))) {
    const where = origins[path.slice(0, end)];
    if (where !== undefined) return where;
  }
  return undefined;
}
