/** The rule for tokens that people may write themselves: RFC 6750's b68token, long enough not to be guessed. */
export const BEARER_TOKEN_RULE = "one line of 16 to 1024 letters, digits and - . _ ~ + /";

export const isBearerToken = (text: string) => /^[A-Za-z0-9._~+/-]{16,1024}=*$/.test(text);
