/** What an hour of the machines costs, as AWS says, or as its list stood at the release. */
import { DescribeSpotPriceHistoryCommand } from "@aws-sdk/client-ec2";
import type { Asker } from "./asker.js";
import { type Fact, type Facts, priceKey } from "./facts.js";
import { type HourlyPrice, listedPrice, priceIn, productFilters } from "./price-list.js";
import type { WantedMachines } from "./wanted.js";

export type PricedMachines = Pick<WantedMachines, "types" | "spot">;

/** A price is worth knowing, and no reason for a note if it is not known. */
export async function askPrices(wanted: readonly PricedMachines[], asker: Asker): Promise<Facts["prices"]> {
  const prices = new Map<string, HourlyPrice | undefined>();
  const questions = new Map(
    wanted.map(({ types: [type], spot }) => [priceKey(type, spot !== "none"), { type, isSpot: spot !== "none" }]),
  );
  await Promise.all(
    [...questions].map(async ([key, { type, isSpot }]) => {
      const answer = await (isSpot ? spotPrice(type, asker) : listPrice(type, asker));
      prices.set(key, answer.known && answer.value !== undefined ? answer.value : listedPrice(type));
    }),
  );
  return prices;
}

function listPrice(type: string, asker: Asker): Promise<Fact<HourlyPrice | undefined>> {
  const { region } = asker.options;
  // The price list of all regions is served from a few.
  const from = region.startsWith("cn-") ? "cn-northwest-1" : "us-east-1";
  return asker.ask("pricing:GetProducts", async () => {
    const body = { ServiceCode: "AmazonEC2", Filters: productFilters(type, region), FormatVersion: "aws_v1" };
    const endpoint = asker.endpoint("PRICING", `api.pricing.${from}`);
    const target = "AWSPriceListService.GetProducts";
    return priceIn(await asker.json({ endpoint, service: "pricing", region: from, target, body }));
  });
}

function spotPrice(type: string, asker: Asker): Promise<Fact<HourlyPrice | undefined>> {
  return asker.ask("ec2:DescribeSpotPriceHistory", async () => {
    const { SpotPriceHistory = [] } = await asker.ec2.send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: [type as "t3.micro"],
        ProductDescriptions: ["Linux/UNIX"],
        StartTime: new Date(),
      }),
      asker.http,
    );
    const [usd] = SpotPriceHistory.map(({ SpotPrice }) => Number(SpotPrice))
      .filter((price) => price > 0)
      .sort((a, b) => a - b);
    return usd === undefined ? undefined : { usd, source: "AWS" as const };
  });
}
