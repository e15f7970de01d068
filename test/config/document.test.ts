import { expect, test } from "vitest";
import { parseLayer } from "../../config/document.js";
import { resolveConfig } from "../../config/resolve.js";
import { defaultLayer } from "../../config/text-layers.js";
import { faultText } from "../support/fault-text.js";

const read = (text: string) => parseLayer(text, { layer: "project", shownAs: "sallyport.yaml", base: "/p" }).layer;
const resolve = (text: string) => resolveConfig([defaultLayer({}, "/p"), read(text)], "/home/u");

test("S-20: a price may be a number, and is the text that AWS takes", () => {
  expect(resolve("spot: { max_price: 1.25 }").config.spot).toEqual({ max_price: 1.25 });
  expect(resolve('spot: { max_price: "1.25" }').config.spot).toEqual({ max_price: "1.25" });
});

test("S-20: merge keys bring in what a mapping does not have itself, with its place", async () => {
  const text = `hosts:
  fpga-a: &base
    ami: al2023
    ssh_user: ec2-user
  fpga-b:
    ami: ubuntu-24.04
    <<: *base
  fpga-c:
    <<: [{ ami: neuron }, *base]
`;
  const { config, placeOf } = resolve(text);
  expect(config.hosts).toEqual({
    "fpga-a": { ami: "al2023", ssh_user: "ec2-user" },
    "fpga-b": { ami: "ubuntu-24.04", ssh_user: "ec2-user" },
    "fpga-c": { ami: "neuron", ssh_user: "ec2-user" },
  });
  expect(placeOf("/hosts/fpga-b/ami")).toBe("sallyport.yaml:6:5");
  expect(placeOf("/hosts/fpga-b/ssh_user")).toBe("sallyport.yaml:4:5");
  expect(placeOf("/hosts/fpga-c/ami")).toBe("sallyport.yaml:9:12");
});

test("S-20: a fault in merged values is reported where it is written", async () => {
  const text = "hosts:\n  a: &base\n    spot: true\n  b:\n    <<: { ami: nix }\n";
  expect(await faultText(() => resolve(text))).toContain('sallyport.yaml:5:11: hosts.b.ami is "nix"');
});

test.each([
  ["hosts:\n  a:\n    <<: 5", "sallyport.yaml:3:5: << needs a mapping, or the alias of one"],
  ["hosts:\n  a: &a\n    <<: *a", "sallyport.yaml:3:5: too many merges, or one that contains itself"],
  ["hosts:\n  a: &a { ami: al2023, ami: neuron }", 'sallyport.yaml:2:24: "ami" is written a second time'],
])("S-20: %j is refused with its place", async (text, expected) => {
  expect(await faultText(() => resolve(text))).toContain(expected);
});

test("S-20: merges that double at each step end with an error", async () => {
  const steps = Array.from({ length: 40 }, (_, n) => `  h${n + 1}: &h${n + 1} { <<: [*h${n}, *h${n}] }\n`).join("");
  expect(await faultText(() => resolve(`hosts:\n  h0: &h0 { ami: al2023 }\n${steps}`))).toContain("too many merges");
});

test('S-20: "<<" in quotes is a key like any other', async () => {
  expect(await faultText(() => resolve('hosts: { "<<": {} }'))).toContain('hosts has the name "<<"');
});
