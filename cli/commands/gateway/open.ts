/** `sallyport gateway open`: signs in to the gateway's page by a one-time link. */
import type { Command } from "commander";
import type { Context, Wrap } from "../../context.js";
import { type GatewayFlags, withGateway, withGatewayFlags } from "../../gateway.js";
import { openBrowser } from "../../open-browser.js";

interface OpenFlags extends GatewayFlags {
  readonly browser: boolean;
}

export function registerOpen(gateway: Command, wrap: Wrap): void {
  withGatewayFlags(gateway.command("open"))
    .description("print and open a link that signs you in to the gateway's page; it works once, within a minute")
    .option("--no-browser", "only print the link")
    .addHelpText(
      "after",
      `
The link needs the browser to have the address that your token is bound to.

Examples:
  $ sallyport gateway open
  $ sallyport gateway open --gateway https://gateway.example.com --token-file ada.token --no-browser`,
    )
    .action(wrap<[OpenFlags]>(open));
}

async function open(context: Context, flags: OpenFlags): Promise<void> {
  const { url, seconds } = await withGateway(context, flags, (client) => client.signInLink());
  context.print({ url, expires_in: seconds }, () => url);
  context.note(`the link works once, within ${seconds} s`);
  if (flags.browser && !context.options.json) await openBrowser(context, url);
}
