/** The arrows of docs/reference/architecture.md: which room may import which, and which library belongs to whom. */

/** room → the rooms that it may import. */
export const ROOMS = {
  base: [],
  net: ["base"],
  certs: ["base"],
  http: ["base", "net"],
  firewall: ["base", "net", "http"],
  config: ["base", "net", "firewall"],
  agent: ["base", "net", "http"],
  gateway: ["base", "net", "http", "page"],
  mirror: ["base", "net", "http"],
  page: ["base", "http"],
  client: ["base", "net", "certs", "http"],
  connect: ["base", "net", "client"],
  ui: ["base", "http", "firewall", "client", "page"],
  stacks: ["base", "net", "http", "certs", "firewall", "config"],
  local: ["base", "net", "http", "certs", "firewall", "config", "client", "connect", "stacks", "gateway", "mirror"],
  cli: [
    "base",
    "net",
    "http",
    "certs",
    "firewall",
    "config",
    "client",
    "connect",
    "stacks",
    "local",
    "gateway",
    "mirror",
    "ui",
  ],
};

/** library → the only places that may import it. */
const LIBRARIES = {
  "@aws-sdk/client-codeartifact": ["mirror/login"],
  "@cdktf/provider-aws": ["stacks"],
  "@electric-sql/pglite": ["gateway/store"],
  "@nats-io": ["gateway/logs"],
  ajv: ["config", "http", "gateway/api"],
  cdktf: ["stacks"],
  commander: ["cli"],
  constructs: ["stacks"],
  execa: ["base/process"],
  "fast-json-stringify": ["http/routes"],
  "find-my-way": ["http/routes"],
  "async-mutex": ["base/async"],
  "ipaddr.js": ["net"],
  jose: ["gateway/auth"],
  kysely: ["gateway/store"],
  "node-forge": ["certs"],
  "p-limit": ["base/async"],
  pg: ["gateway/store"],
  pino: ["agent", "gateway", "mirror", "http"],
  "smol-toml": ["mirror/login"],
  ssh2: ["client/ssh"],
  "ssh-config": ["client/ssh"],
  undici: ["http/client"],
};

const anyOf = (names) => `^(${names.join("|")})(/|\\.ts$|$)`;
const all = Object.keys(ROOMS);

export default {
  forbidden: [
    {
      name: "no-circular",
      comment: "two files that import each other are one file, or hide a third",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "a file that nothing imports and nothing runs",
      severity: "error",
      from: { orphan: true, path: anyOf(all) },
      to: {},
    },
    {
      name: "not-to-tests",
      severity: "error",
      from: { path: anyOf(all) },
      to: { path: "^(test|bench|examples)/" },
    },
    ...Object.entries(ROOMS).map(([room, may]) => ({
      name: `${room}-imports`,
      comment: `${room}/ may import ${may.length === 0 ? "no other room" : may.join(", ")}`,
      severity: "error",
      from: { path: `^${room}/` },
      to: { path: anyOf(all.filter((other) => other !== room && !may.includes(other))), dependencyTypesNot: ["core"] },
    })),
    {
      name: "constructs-import-no-stack",
      comment: "constructs and boot scripts are for other people's stacks as well, so they know none of the kit's own",
      severity: "error",
      from: { path: "^stacks/(constructs|boot)/" },
      to: {
        path: "^stacks/",
        pathNot: "^stacks/(constructs|boot)/|^stacks/(errors|files|names)\\.ts$",
      },
    },
    ...Object.entries(LIBRARIES).map(([library, places]) => ({
      name: `only-${library.replaceAll(/[@/.]+/g, "-")}`,
      comment: `${library} belongs to ${places.join(", ")}`,
      severity: "error",
      from: { path: anyOf(all), pathNot: anyOf(places) },
      to: { path: `node_modules/${library}/` },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|docs/\\.vitepress/(dist|cache)|\\.sallyport|\\.demo|cdktf\\.out)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "types"] },
  },
};
