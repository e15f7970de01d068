/** EC2's instance metadata, version 2: with a session token, which a tricked proxy on the host cannot get. */

/** Also what the AWS SDKs read. */
const ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/** Asks for one entry below `meta-data/`; empty where this machine has no such thing. */
export type Metadata = (path: string) => Promise<string>;

/** @throws where the metadata service does not answer: then nobody can tell. */
export async function openMetadata(env: NodeJS.ProcessEnv): Promise<Metadata> {
  const base = (env[ENDPOINT] || "http://169.254.169.254").replace(/\/+$/, "");
  const ask = async (path: string, init: RequestInit): Promise<string> => {
    const answer = await fetch(`${base}/latest/${path}`, { ...init, signal: AbortSignal.timeout(2_000) });
    const text = await answer.text();
    // Metadata has no entry for what a machine does not have.
    if (answer.status === 404) return "";
    if (!answer.ok) throw new Error(`instance metadata answered ${answer.status} to ${path}`);
    return text;
  };
  const token = await ask("api/token", {
    method: "PUT",
    headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60" },
  });
  return (path) => ask(`meta-data/${path}`, { headers: { "X-aws-ec2-metadata-token": token } });
}
