import { expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { parseConfig } from "../../../gateway/settings/parse.js";

const MINIMAL = `name: lab
tls: { cert: cert.pem, key: "credential:key" }
wan: eth0
lan: eth1
lab_networks: ["192.168.1.0/24"]
auth: { issuer: "https://lab.example.com", key: "credential:secret" }
`;

/** MINIMAL with one line of it, or one more, as a user may have written it. */
const withLine = (line: string): string => {
  const [key] = line.split(":");
  const others = MINIMAL.split("\n").filter((each) => !each.startsWith(`${key}:`));
  return [...others, line].join("\n");
};

const said = (source: string): string => {
  try {
    parseConfig(source, "gateway.yaml");
    return "nothing";
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.message}\n  ${error.hint}`;
  }
};

test("gateway.yaml with the least in it has every default (V-24, V-30)", () => {
  expect(parseConfig(MINIMAL, "gateway.yaml")).toEqual({
    name: "lab",
    listen: { address: "::", https_port: 443 },
    tls: { cert: "cert.pem", key: "credential:key" },
    wan: "eth0",
    lan: "eth1",
    lab_networks: ["192.168.1.0/24"],
    machines: [],
    ports: { min: 50_000, max: 50_100 },
    forwards: { sources: "caller", expires_seconds: 28_800 },
    database: "pglite:~/db",
    auth: {
      issuer: "https://lab.example.com",
      key: "credential:secret",
      algorithms: ["HS256", "RS256", "ES256", "EdDSA"],
      leeway_seconds: 10,
      require_client_ip: true,
      trusted_proxies: [],
    },
    worker: { every_seconds: 300, tcp_probe: true, damping: 2 },
    state_dir: "~",
  });
});

test("a log has its own defaults", () => {
  const { log } = parseConfig(
    withLine("log: { file: /var/log/fw.json, target: 'https://logs.example.com/in' }"),
    "gateway.yaml",
  );
  expect(log).toEqual({
    source: "ulogd",
    file: "/var/log/fw.json",
    target: "https://logs.example.com/in",
    fernet_per_record: false,
    spool_bytes: 1024 ** 3,
    batch: 1000,
  });
});

test.each([
  ["lans: eth1", 'unknown key "lans" in "gateway.yaml"\n  did you mean "lan"?'],
  ["wan: 'eth0; reboot'", 'wan in "gateway.yaml" is "eth0; reboot"\n  write the name of a network interface'],
  ["lan: ''", 'lan in "gateway.yaml" is ""\n  write the interface towards the lab'],
  [
    "lab_networks: [192.168.1.0]",
    'lab_networks.0 in "gateway.yaml" is "192.168.1.0"\n  write a block of addresses such as "192.168.1.0/24"',
  ],
  ["lab_networks: []", 'lab_networks in "gateway.yaml" is "[]"\n  write a list of blocks such as ["192.168.1.0/24"]'],
  [
    "ports: { min: 50100, max: 50000 }",
    'ports.max in "gateway.yaml" is "50000"\n  write a port from 50100 (ports.min)',
  ],
  [
    "listen: { https_port: 50001 }",
    'listen.https_port in "gateway.yaml" is "50001"\n  write a port outside 50000 to 50100 (ports)',
  ],
  [
    "auth: { issuer: x, key: k, algorithms: [none] }",
    'auth.algorithms in "gateway.yaml" is "none"\n  write HS256, RS256, ES256, PS256 or EdDSA',
  ],
  [
    "auth: { issuer: x, jwks_url: 'http://keys.example.com' }",
    'auth.jwks_url in "gateway.yaml" is "http://keys.example.com"\n  write an https:// URL',
  ],
  [
    "auth: { issuer: x, key: k, trusted_proxies: ['10.0.0.1; drop'] }",
    'auth.trusted_proxies.0 in "gateway.yaml" is "10.0.0.1; drop"\n  write a block of addresses such as "192.168.1.0/24"',
  ],
  [
    "machines: [{ name: build1, addr: 10.0.0.1 }]",
    'machines.0.addr in "gateway.yaml" is "10.0.0.1"\n  write an address within 192.168.1.0/24 (lab_networks)',
  ],
  [
    "machines: [{ name: '<b>', addr: 192.168.1.5 }]",
    'machines.0.name in "gateway.yaml" is "<b>"\n  write 1 to 128 letters, digits, spaces and . _ @ : ( ) -, beginning with a letter or digit',
  ],
  [
    "machines: [{ name: a, addr: 192.168.1.5 }, { name: a, addr: 192.168.1.5 }]",
    'machines.1 in "gateway.yaml" is "a 192.168.1.5"\n  write each machine once',
  ],
  ["worker: { damping: 0 }", 'worker.damping in "gateway.yaml" is "0"\n  write a whole number, at least 1'],
])("%s is refused in words (V-24)", (line, expected) => {
  expect(said(withLine(line))).toBe(expected);
});

test("a gateway that could check no token does not start", () => {
  expect(said(withLine("auth: { issuer: x }"))).toMatchInlineSnapshot(`
    "auth in "gateway.yaml" names no key to verify tokens with
      add "key:" (a file made by "sallyport gateway token"), "jwks_url:" or "vlab_url:""
  `);
});
