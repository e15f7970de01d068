import { describe, expect, test } from "vitest";
import { proxyFor, proxyVariable } from "../../../http/client/proxy.js";

const PROXY = "http://proxy.corp:3128/";
const proxied = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.href;

describe("S-13: the proxy of a request", () => {
  test.each([
    ["https://ec2.us-east-1.amazonaws.com", { HTTPS_PROXY: "http://proxy.corp:3128" }, PROXY],
    ["https://ec2.us-east-1.amazonaws.com", { https_proxy: "proxy.corp:3128" }, PROXY],
    ["https://a.example", { https_proxy: "http://a:1", HTTPS_PROXY: "http://b:2" }, "http://a:1/"],
    // An empty one is none, and does not hide the other.
    ["https://a.example", { https_proxy: "", HTTPS_PROXY: "http://b:2" }, "http://b:2/"],
    ["http://a.example", { HTTP_PROXY: "http://u:p@proxy.corp:3128" }, "http://u:p@proxy.corp:3128/"],
    ["https://a.example", { HTTPS_PROXY: "https://proxy.corp" }, "https://proxy.corp/"],
    // Terraform and curl, too, take none of the two for the other.
    ["https://a.example", { HTTP_PROXY: PROXY }, undefined],
    ["http://a.example", { HTTPS_PROXY: PROXY }, undefined],
    ["https://a.example", {}, undefined],
  ])("%s with %j is %s", (url, env, expected) => {
    expect(proxied(url, env)).toBe(expected);
  });

  test.each([
    ["*", ["https://a.example", "https://203.0.113.7"], []],
    ["a.example", ["https://a.example", "https://x.a.example", "https://A.EXAMPLE:444"], ["https://ba.example"]],
    [".a.example", ["https://x.a.example", "https://a.example"], ["https://b.example"]],
    ["*.a.example", ["https://x.a.example"], ["https://b.example"]],
    ["a.example:444", ["https://a.example:444"], ["https://a.example"]],
    ["a.example:443", ["https://a.example"], []],
    ["b.example, a.example", ["https://a.example", "https://b.example"], ["https://c.example"]],
    ["b.example a.example", ["https://a.example", "https://b.example"], []],
    ["10.0.0.0/8", ["https://10.1.2.3"], ["https://11.1.2.3", "https://10.example"]],
    ["203.0.113.7", ["https://203.0.113.7"], ["https://203.0.113.8"]],
    ["2001:db8::/32", ["https://[2001:db8::1]"], ["https://[2001:db9::1]"]],
    ["[2001:db8::1]:443", ["https://[2001:db8::1]"], ["https://[2001:db8::1]:8443"]],
    [",", [], ["https://a.example"]],
    ["10.0.0.0/99", [], ["https://10.1.2.3"]],
  ])("NO_PROXY=%s", (list, past, through) => {
    for (const NO_PROXY of [list, list.toUpperCase()]) {
      for (const url of past) expect(proxied(url, { HTTPS_PROXY: PROXY, NO_PROXY }), url).toBeUndefined();
      for (const url of through) expect(proxied(url, { HTTPS_PROXY: PROXY, no_proxy: list }), url).toBe(PROXY);
    }
  });

  test("this machine is reached directly, as an emulator of AWS is", () => {
    for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"]) {
      expect(proxied(`http://${host}:5000`, { HTTP_PROXY: PROXY })).toBeUndefined();
    }
  });

  test.each(["socks5://a:1080", "http://", "a b"])("a proxy %j that is none is an error without its text", (text) => {
    expect(() => proxied("https://a.example", { HTTPS_PROXY: text })).toThrow(/^HTTPS_PROXY names no HTTP proxy/);
  });

  test("has the name of its variable in messages", () => {
    expect(proxyVariable({ https_proxy: PROXY, HTTP_PROXY: PROXY })).toBe("HTTPS_PROXY");
    expect(proxyVariable({ http_proxy: PROXY })).toBe("HTTP_PROXY");
    expect(proxyVariable({ NO_PROXY: "*" })).toBeUndefined();
  });
});
