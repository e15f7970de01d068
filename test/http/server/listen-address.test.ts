import { expect, test } from "vitest";
import { parseListen } from "../../../http/server/listen-address.js";
import { faultText } from "../../support/fault-text.js";

test.each([
  ["127.0.0.1:9464", { address: "127.0.0.1", port: 9464 }],
  ["[::1]:0", { address: "::1", port: 0 }],
  ["localhost:80", { address: "localhost", port: 80 }],
])("%s can be listened on", (text, at) => {
  expect(parseListen(text)).toEqual(at);
});

test.each([":80", "80", "::1:80", "127.0.0.1", "127.0.0.1:65536", "a b:80"])("%j cannot", async (text) => {
  expect(await faultText(() => parseListen(text))).toMatch(/ is no address to listen on\n/);
});
