/** HTTP Basic for clients that know nothing else: its password is the token, its user name says nothing. */

/** @returns the header as a Bearer one, for the one comparison that there is; any other header as it is. */
export function bearerOfBasic(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return authorization;
  const pair = Buffer.from(encoded, "base64").toString("latin1");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : `Bearer ${pair.slice(colon + 1)}`;
}
