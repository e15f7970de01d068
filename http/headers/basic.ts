/** HTTP Basic for clients that know nothing else: the password is the token, and the user name is ignored. */

/** @returns a Bearer header with the password, for the one comparison of tokens; any other header unchanged. */
export function bearerOfBasic(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return authorization;
  const pair = Buffer.from(encoded, "base64").toString("latin1");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : `Bearer ${pair.slice(colon + 1)}`;
}
