/**
 * The pages that are made from the program: its commands (and man/sallyport.1), the schema of its configuration, and its
 * daemons' routes. `npx vitest run --project unit test/docs/reference.test.ts -u` writes them anew.
 */
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { VERSION } from "../../base/version.js";
import { buildProgram } from "../../cli/program.js";
import { gatewayDocument } from "../../gateway/api/openapi.js";
import { startJobAgent } from "../agent/support/job-agent.js";
import { gatewayRoutes } from "../gateway/support/routes.js";
import { type ApiDocument, apiPage } from "./support/api-page.js";
import { configPage } from "./support/config-page.js";
import { leaves, pathOf } from "./support/leaves.js";
import { manPage } from "./support/man-page.js";

const page = (name: string) => join(packageRoot, "docs/reference", name);

test("the page of commands is what the commands say", async () => {
  let help = "";
  const program = buildProgram(() => async () => {}, {
    writeOut: (text) => (help += text),
    getOutHelpWidth: () => 100,
  });
  const helpOf = (command: Command) => {
    help = "";
    command.outputHelp();
    return help.replace(/\nGlobal Options:\n(?: .*\n)+/, "").trim();
  };
  const sections = leaves(program).map(
    (command) => `## ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  const text = [HEAD, `\`\`\`text\n${helpOf(program)}\n\`\`\`\n`, ...sections].join("\n");
  await expect(text).toMatchFileSnapshot(page("commands.md"));
});

test("the man page is what the commands say", async () => {
  const text = manPage(
    buildProgram(() => async () => {}),
    VERSION,
  );
  await expect(text).toMatchFileSnapshot(join(packageRoot, "man/sallyport.1"));
});

test("the page of keys is what the schema says", async () => {
  await expect(configPage()).toMatchFileSnapshot(page("configuration-keys.md"));
});

test("the page of the agent's requests is what its routes say", async () => {
  const agent = await startJobAgent({ yaml: "serve_addresses: true" });
  const { body } = await agent.json("/openapi.json").finally(() => agent.stop());
  const document = body as unknown as ApiDocument;
  const access = (method: string, path: string) => {
    const security = document.paths[path]?.[method]?.security;
    if (security === undefined) return "token";
    return Array.isArray(security) && security.length > 0 ? "token, or as Basic's password" : "anyone";
  };
  const text = apiPage(document, { title: "The agent's requests", intro: AGENT, access });
  await expect(text).toMatchFileSnapshot(page("agent-requests.md"));
});

test("the page of the gateway's requests is what its routes say", async () => {
  const words = { token: "any token", maybe: "anyone; more with a token", anyone: "anyone" };
  const scopes = new Map(gatewayRoutes.map(({ method, path, access }) => [`${method.toLowerCase()} ${path}`, access]));
  const access = (method: string, path: string) => {
    const scope = scopes.get(`${method} ${path}`) ?? "";
    return words[scope as keyof typeof words] ?? `a token with the scope ${scope}`;
  };
  const text = apiPage(gatewayDocument("", gatewayRoutes) as unknown as ApiDocument, {
    title: "The gateway's requests",
    intro: GATEWAY,
    access,
  });
  await expect(text).toMatchFileSnapshot(page("gateway-requests.md"));
});

const AGENT = `
Every request of [the agent](agent.md), generated from its routes; \`/openapi.json\` of a host is the same as a document. HEAD is
answered wherever GET is. Routes below \`/v1.0\` are [Apyfal's](../tasks/moving-from-apyfal.md#the-rest-protocol), and
\`/api/cluster/ip-addresses\` exists with \`serve_addresses: true\`. What each status means: [the protocol](agent.md#protocol).
`;

const GATEWAY = `
Every request of [the gateway](gateway.md#the-api), generated from its routes; \`/openapi.json\` of a gateway is the same as a document.
The scope \`admin\` includes all others. A problem's \`detail\` names the value and what it must be.
`;

const HEAD = `# Commands

The help of every command, generated from the program. [The command line](cli.md) explains what they share. The options of
\`sallyport\` itself (\`--json\`, \`--quiet\`, \`--config\` …) apply to all of them.
`;
