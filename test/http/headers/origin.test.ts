import { describe, expect, test } from "vitest";
import { isForeign } from "../../../http/headers/origin.js";

const tls = { hosts: ["gw.example:8443"], encrypted: true };
const plain = { hosts: ["gw.example"], encrypted: false };

describe("a page of this host is not foreign", () => {
  test.each([
    ["with its origin", { origin: "https://gw.example:8443" }, tls],
    ["in capitals", { origin: "HTTPS://GW.EXAMPLE:8443" }, tls],
    ["whose browser vouches for it and withholds the origin", { origin: "null", "sec-fetch-site": "same-origin" }, tls],
    ["on the default port", { origin: "https://h" }, { hosts: ["h:443"], encrypted: true }],
    ["over plain HTTP", { origin: "http://gw.example" }, plain],
    ["behind a proxy that speaks HTTPS", { origin: "https://gw.example" }, plain],
    [
      "behind a proxy with another name",
      { origin: "https://front" },
      { hosts: ["10.0.0.1", "front"], encrypted: true },
    ],
    ["at an IPv6 address", { origin: "https://[2001:db8::1]:1" }, { hosts: ["[2001:DB8::1]:1"], encrypted: true }],
    ["that has only a referrer", { referer: "http://gw.example/x?y" }, plain],
  ])("T-18: %s", (_title, headers, receiver) => {
    expect(isForeign(headers, receiver)).toBe(false);
  });
});

test.each([{}, { "sec-fetch-site": "none" }, { referer: "install left-pad" }])(
  "T-18: %j is no page at all",
  (headers) => {
    expect(isForeign(headers, plain)).toBe(false);
  },
);

describe("a page of another site is foreign", () => {
  test.each([
    ["another name", { origin: "https://evil.example" }, plain],
    ["though a header says otherwise", { origin: "https://evil.example", "sec-fetch-site": "same-origin" }, tls],
    ["another port", { origin: "https://gw.example" }, tls],
    ["a port beside the plain one", { origin: "http://gw.example:8080" }, plain],
    ["plain HTTP where we speak TLS", { origin: "http://gw.example:8443" }, tls],
    ["a subdomain", { origin: "http://x.gw.example" }, plain],
    ["a name that begins like ours", { origin: "http://gw.example.evil" }, plain],
    ["our name as a user", { origin: "http://gw.example@evil" }, plain],
    ["an opaque origin", { origin: "null" }, plain],
    ["an opaque origin of another site", { origin: "null", "sec-fetch-site": "cross-site" }, tls],
    ["an extension", { origin: "chrome-extension://gw.example" }, plain],
    ["a file", { origin: "file://" }, plain],
    ["two origins", { origin: "http://gw.example, http://evil" }, plain],
    ["an empty origin", { origin: "" }, plain],
    ["no origin, but the browser says so", { "sec-fetch-site": "cross-site" }, plain],
    ["another host of our site", { "sec-fetch-site": "same-site" }, plain],
    ["only a referrer", { referer: "https://evil.example/gw.example" }, plain],
    ["where we have no name", { origin: "http://gw.example" }, { hosts: [""], encrypted: false }],
  ])("T-18: %s", (_title, headers, receiver) => {
    expect(isForeign(headers, receiver)).toBe(true);
  });
});
