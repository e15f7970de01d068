/** Prices of machines in US dollars per hour: from AWS's price list if it answers, else as it stood at the release. Pure. */

export interface HourlyPrice {
  readonly usd: number;
  /** "AWS" for this region and now; "list" for us-east-1 as of the release, of which others differ. */
  readonly source: "AWS" | "list";
}

/** On demand, Linux, us-east-1. */
const LISTED: Readonly<Record<string, number>> = {
  "f2.6xlarge": 1.98,
  "f2.12xlarge": 3.96,
  "f2.48xlarge": 15.84,
  "g4dn.xlarge": 0.526,
  "g4dn.2xlarge": 0.752,
  "g4dn.4xlarge": 1.204,
  "g4dn.8xlarge": 2.176,
  "g4dn.12xlarge": 3.912,
  "g5.xlarge": 1.006,
  "g5.2xlarge": 1.212,
  "g5.4xlarge": 1.624,
  "g5.8xlarge": 2.448,
  "g5.12xlarge": 5.672,
  "g5.48xlarge": 16.288,
  "g6.xlarge": 0.8048,
  "g6.2xlarge": 0.9776,
  "g6.4xlarge": 1.3232,
  "g6.8xlarge": 2.0144,
  "g6.12xlarge": 4.6016,
  "g6.48xlarge": 13.3504,
  "inf2.xlarge": 0.7582,
  "inf2.8xlarge": 1.96786,
  "inf2.24xlarge": 6.49063,
  "inf2.48xlarge": 12.98127,
  "trn1.2xlarge": 1.34375,
  "trn1.32xlarge": 21.5,
  "t3.micro": 0.0104,
  "t3.small": 0.0208,
  "t3.medium": 0.0416,
};

export function listedPrice(type: string): HourlyPrice | undefined {
  const usd = Object.hasOwn(LISTED, type) ? LISTED[type] : undefined;
  return usd === undefined ? undefined : { usd, source: "list" };
}

/** The filters of `GetProducts` that leave the one product of a plain Linux machine. */
export function productFilters(type: string, region: string) {
  const wanted = {
    instanceType: type,
    regionCode: region,
    operatingSystem: "Linux",
    preInstalledSw: "NA",
    tenancy: "Shared",
    capacitystatus: "Used",
  };
  return Object.entries(wanted).map(([Field, Value]) => ({ Type: "TERM_MATCH", Field, Value }));
}

interface Product {
  readonly terms?: {
    readonly OnDemand?: Readonly<
      Record<
        string,
        { readonly priceDimensions?: Readonly<Record<string, { readonly pricePerUnit?: { USD?: string } }>> }
      >
    >;
  };
}

/** @param answer what `GetProducts` answered: each product is JSON in a text. @returns the lowest price above zero */
export function priceIn(answer: unknown): HourlyPrice | undefined {
  const { PriceList = [] } = answer as { PriceList?: readonly unknown[] };
  const prices = PriceList.flatMap((item) => {
    const { terms } = (typeof item === "string" ? JSON.parse(item) : item) as Product;
    return Object.values(terms?.OnDemand ?? {})
      .flatMap(({ priceDimensions = {} }) => Object.values(priceDimensions))
      .map(({ pricePerUnit }) => Number(pricePerUnit?.USD));
  });
  const [usd] = prices.filter((price) => price > 0).sort((a, b) => a - b);
  return usd === undefined ? undefined : { usd, source: "AWS" };
}

/** `1.98`, `0.0208`, `47.52`: cents, and more of what is less than a dollar. */
export function usdText(usd: number): string {
  return usd >= 1 ? usd.toFixed(2) : String(Number(usd.toPrecision(3)));
}
