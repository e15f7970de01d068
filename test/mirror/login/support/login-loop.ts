/** Logs in and out for ever, as quickly as it can; whoever started it kills it. */
import { logIn, logOut } from "../../../../mirror/login/log-in.js";
import { changesFor } from "../../../../mirror/login/tools.js";

const endpoint = "https://tools-111122223333.d.codeartifact.eu-west-1.amazonaws.com/pypi/team/";
const target = { domain: "tools", repository: "team" };
process.send?.("begun");
for (let turn = 0; ; turn++) {
  const access = { tool: "pip", token: `token-${turn}-x`, name: "team", endpoint } as const;
  const login = { id: "pip", tool: "pip", name: "team", target, endpoint, issuedAt: 0, expiresAt: 1 } as const;
  await logIn(process.env, login, changesFor(access, process.env));
  if (turn % 3 === 2) await logOut(process.env, ["pip"]);
}
