/** The gateway's page. */
import { builtPage, type PageAsset, type PageFiles, pageAssets } from "../../page/assets.js";

/** Defined by scripts/bundle.mjs, so that the daemon is one file. */
declare const SALLYPORT_PAGE: PageFiles | undefined;

/** By path. @throws ENOENT in a checkout without a build. */
export function gatewayPage(): ReadonlyMap<string, PageAsset> {
  return pageAssets(typeof SALLYPORT_PAGE === "undefined" ? builtPage("page.json") : SALLYPORT_PAGE);
}
