/** An agent with a program of its own for Apyfal's protocol, and a client of it. */
import { startTestAgent, type TestAgent, type TestAgentOptions } from "../support/test-agent.js";
import { ApyfalClient, type Session, session } from "./apyfal-client.js";

/** Capitals of its input; what it was given is in its result. Words in its parameters make it misbehave. */
const PROGRAM = `
while getopts m:i:o:j:p: f; do case $f in
  m) m=$OPTARG;; i) i=$OPTARG;; o) o=$OPTARG;; j) j=$OPTARG;; p) p=$OPTARG;;
esac; done
if grep -q say-no "$j"; then echo '{"app":{"status":7,"msg":"the program says no"}}' > "$p"; exit 0; fi
if grep -q crash "$j"; then echo oops >&2; exit 3; fi
if grep -q hang "$j"; then sleep 600; fi
if [ -n "$o" ]; then if [ -n "$i" ]; then tr a-z A-Z < "$i" > "$o"; else printf nothing > "$o"; fi; fi
input=none; if [ -n "$i" ]; then input=$(head -c 20 "$i"); fi
printf '{"app":{"status":0,"specific":{"mode":"%s","input":"%s","given":%s}}}' "$m" "$input" "$(cat "$j")" > "$p"
`;

const ACCELERATORS = `
accelerators:
  capitals: { command: [sh, -c, ${JSON.stringify(PROGRAM)}, capitals] }
  other: { filter: [tr, a-z, n-za-m] }
jobs_dir: "~/jobs"
max_upload_bytes: 3000000
`;

export interface ApyfalAgent extends TestAgent {
  readonly url: string;
  readonly http: Session;
  client(): Promise<ApyfalClient>;
}

export async function startApyfalAgent(options: TestAgentOptions & { auth?: string } = {}): Promise<ApyfalAgent> {
  const yaml = `auth: ${options.auth ?? "none"}\n${ACCELERATORS}\n${options.yaml ?? ""}`;
  const agent = await startTestAgent({ ...options, yaml });
  const http = session(agent.ca);
  const url = `${agent.ca === undefined ? "http" : "https"}://127.0.0.1:${agent.port}`;
  return {
    ...agent,
    url,
    http,
    client: () => new ApyfalClient(url, http).connect(),
    async stop() {
      http.close();
      await agent.stop();
    },
  };
}
