/** The Hosts page. */
import { builtPage, type PageAsset, pageAssets } from "../../page/assets.js";

/** The file that scripts/bundle.mjs makes of the page. */
const BUILT = "hosts-page.json";

/** By path. @throws ENOENT in a checkout without a build. */
export const hostsPage = (): ReadonlyMap<string, PageAsset> => pageAssets(builtPage(BUILT));
