import { describe, expect, test } from "vitest";
import type { KnownForward } from "../../client/gateway/client.js";
import { chooseForward, noForward, resolveQuery } from "../../connect/choose-forward.js";
import {
  PROTOCOLS,
  portFor,
  protocolNamed,
  servesProtocol,
  TYPES,
  typeNamed,
  usualProtocol,
} from "../../connect/machine-types.js";

const forward = (connPort: number, targetPort: number, more: Partial<KnownForward> = {}): KnownForward => ({
  connPort,
  targetPort,
  name: "m1",
  component: "CentOS",
  targetAddr: "192.168.1.20",
  protocol: "tcp",
  ...more,
});

describe("V-41 types and protocols", () => {
  test("every type of vLab is known", () => {
    const all =
      "onefs, insightiq, esrs, cee, router, windows, winserver, centos, icap, claritynow, ecs, esxi, dataiq, dns, deployment, avamar, ana, dd, superna, kemp";
    expect(TYPES).toEqual(all.split(", "));
  });

  test.each([
    ["windows", "rdp"],
    ["winserver", "rdp"],
    ["centos", "ssh"],
    ["onefs", "https"],
  ])("%s is met by %s", (type, protocol) => {
    expect(usualProtocol(type)).toBe(protocol);
  });

  test.each([
    ["RDP", "rdp"],
    ["Ssh", "ssh"],
    ["HTTPS", "https"],
    ["con", "console"],
    ["mgmt", "mgmt"],
  ])("protocol %s is %s, whatever the case", (text, protocol) => {
    expect(protocolNamed(text)).toBe(protocol);
  });

  test.each([
    ["Windows", "windows"],
    ["cent", "centos"],
    ["one", "onefs"],
  ])("V-49 type %s is %s", (text, type) => {
    expect(typeNamed(text)).toBe(type);
  });

  test.each([
    [() => typeNamed("win"), 'there is no type "win"', "did you mean windows or winserver?"],
    [() => typeNamed("centso"), 'there is no type "centso"', "did you mean centos?"],
    [() => protocolNamed("s"), 'there is no protocol "s"', "did you mean ssh or scp or sftp?"],
    [() => protocolNamed("gopher"), 'there is no protocol "gopher"', `one of ${PROTOCOLS.join(", ")}`],
    [() => protocolNamed(""), 'there is no protocol ""', `one of ${PROTOCOLS.join(", ")}`],
  ])("what is not unmistakable is refused (%#)", (call, message, hint) => {
    expect(call).toThrow(expect.objectContaining({ message, hint, exit: 2 }));
  });
});

describe("V-43 ports", () => {
  test.each([
    ["centos", "ssh", 22],
    ["centos", "scp", 22],
    ["centos", "sftp", 22],
    ["windows", "rdp", 3389],
    ["insightiq", "https", 443],
    ["esrs", "https", 9443],
    ["onefs", "https", 8080],
    ["avamar", "mgmt", 7543],
    ["avamar", "https", 443],
    ["centos", "mgmt", undefined],
    [undefined, "vnc", 5900],
  ] as const)("%s by %s is port %s", (type, protocol, port) => {
    expect(portFor(type, protocol)).toBe(port);
  });

  test.each([
    [22, "https", false],
    [3389, "https", false],
    [443, "https", true],
    [8443, "https", true],
    [22, "ssh", true],
    [8443, "ssh", false],
    [3389, "rdp", true],
    [22, "rdp", false],
  ] as const)("a deployment's port %i serves %s: %s", (port, protocol, serves) => {
    expect(servesProtocol(port, "deployment", protocol)).toBe(serves);
  });
});

describe("V-42 which forward", () => {
  const choose = (asked: Parameters<typeof resolveQuery>[0], forwards: KnownForward[]) =>
    chooseForward(asked, resolveQuery(asked, forwards), forwards)?.connPort;

  test.each([
    ["the protocol's", { protocol: "rdp" as const }, [forward(50001, 22), forward(50002, 3389)], 50002],
    [
      "the type's own where no protocol is given",
      { type: "windows" },
      [forward(50001, 22), forward(50002, 3389)],
      50002,
    ],
    ["the component's own where no type is given", {}, [forward(50001, 443), forward(50002, 22)], 50002],
    [
      "the port that was asked for",
      { protocol: "https" as const, targetPort: 8080 },
      [forward(50001, 443), forward(50002, 8080)],
      50002,
    ],
    [
      "the forward that was asked for",
      { protocol: "ssh" as const, connPort: 50002 },
      [forward(50001, 22), forward(50002, 2222)],
      50002,
    ],
    [
      "the first of two to the same place",
      { protocol: "ssh" as const },
      [forward(50001, 22), forward(50002, 22)],
      50001,
    ],
    [
      "a deployment's usual port before others",
      { type: "deployment", protocol: "https" as const },
      [forward(50001, 22), forward(50002, 8443), forward(50003, 443)],
      50003,
    ],
    [
      "a deployment's only web server",
      { type: "deployment", protocol: "https" as const },
      [forward(50001, 22), forward(50002, 8443), forward(50003, 3389)],
      50002,
    ],
    ["never one of UDP", { protocol: "rdp" as const }, [forward(50001, 3389, { protocol: "udp" })], undefined],
    ["none", { protocol: "rdp" as const }, [forward(50001, 22)], undefined],
  ])("is %s", (_, asked, forwards, connPort) => {
    expect(choose({ name: "m1", ...asked }, forwards)).toBe(connPort);
  });

  test("several that lead to different places are told, not guessed", () => {
    const forwards = [forward(50001, 22), forward(50002, 22, { targetAddr: "192.168.1.21" })];
    expect(() => choose({ name: "m1", protocol: "ssh" }, forwards)).toThrow(
      expect.objectContaining({
        message: '"m1" can be reached by ssh in 2 ways',
        hint: "choose one:\n--conn-port 50001   to 192.168.1.20:22 (CentOS)\n--conn-port 50002   to 192.168.1.21:22 (CentOS)",
        exit: 2,
      }),
    );
  });

  test("a machine of which nothing is known needs a protocol", () => {
    expect(() => choose({ name: "m1" }, [])).toThrow(
      expect.objectContaining({ message: 'the type of "m1" is unknown', exit: 2 }),
    );
  });

  test("vLab's words where there is none", () => {
    expect(noForward("m1", "rdp")).toMatchObject({ message: "No mapping rule for rdp to m1 exists", exit: 3 });
  });
});
