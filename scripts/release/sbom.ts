/** The bill of materials of a release: npm's, reduced to what is shipped or installed. CycloneDX 1.5. */
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

interface Component {
  /** `name@version`, by the package's own name where it is installed under an alias. */
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

export interface Bom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * npm marks what bundles have inside as needed for development only, and calls this package by the name of its directory
 * and another by an alias of it.
 *
 * @param whole of `npm sbom`, with the development dependencies
 * @param shipped `name@version` of each package to keep
 */
export function releaseSbom(whole: Bom, shipped: ReadonlySet<string>, name: string): Bom {
  const components = whole.components
    .filter((component) => shipped.has(component["bom-ref"]))
    .map((component) => ({
      ...component,
      name: component["bom-ref"].slice(0, component["bom-ref"].lastIndexOf("@")),
      properties:
        component.properties?.filter(({ name }) => !/^cdx:npm:package:(?:development|bundled)$/.test(name)) ?? [],
    }));
  const { component } = whole.metadata;
  const refs = new Set([component["bom-ref"], ...components.map((each) => each["bom-ref"])]);
  const dependencies = whole.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) }));
  return { ...whole, metadata: { ...whole.metadata, component: { ...component, name } }, components, dependencies };
}

/** @returns what the schema refuses, if anything. */
export async function sbomFault(bom: Bom): Promise<string | undefined> {
  const refused = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(JSON.stringify(bom));
  return refused === null ? undefined : JSON.stringify(refused).slice(0, 500);
}
