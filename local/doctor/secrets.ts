/** Checks that the files in the configuration exist, are readable only by their owner, and stay valid for a while. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import type { Config } from "../../config/load.js";
import { ok, optional, type Row, rowOf } from "./row.js";

const firstDeploy = "nothing to do: the first deploy makes it";

export async function secretRows(config: Config, home: string): Promise<Row[]> {
  return [await keyPairRow(config, resolve(home, ".ssh")), ...(await certificateRows(config)), await tokenRow(config)];
}

function keyPairRow({ key_pair }: Config, dir: string): Promise<Row> {
  const check = "ssh key pair";
  return rowOf(check, async () => {
    const { findLoginKey, publicKeyFingerprint } = await import("../../certs/login-key.js");
    const { isTaken } = await import("../../certs/files.js");
    if (typeof key_pair === "string") {
      const { loadKeyPair } = await import("../../certs/key-pair.js");
      const path = resolve(dir, `${key_pair}.pem`);
      const there = (await isTaken(path)) || (await isTaken(resolve(dir, `${key_pair}.pub`)));
      if (!there) return optional(check, `no ${path} yet`, firstDeploy);
      const pair = await loadKeyPair({ name: key_pair, dir });
      return ok(check, `${pair.privatePath} (${pair.type}, ${pair.fingerprint})`);
    }
    const { identity, publicKey, ec2Name } = await findLoginKey(key_pair, { dir });
    if (identity === undefined) {
      const mend = "name it, to log in from here: key_pair: { name: …, private_key: FILE }";
      return optional(check, `no private key for key pair ${ec2Name} of EC2 found locally`, mend);
    }
    const about = publicKey === undefined ? `${ec2Name} of EC2` : publicKeyFingerprint(publicKey);
    return ok(check, `${identity} (${about})`);
  });
}

async function certificateRows({ ssl_cert_crt, ssl_cert_key, ssl_cert_generate, ssl_cert_names }: Config) {
  const check = "certificate";
  if (ssl_cert_crt === false) {
    return [optional(check, "none: plain HTTP", "remove ssl_cert_crt: false, unless the network is closed")];
  }
  const { checkCertificate } = await import("../../certs/check.js");
  const { isTaken } = await import("../../certs/files.js");
  const pair = { crt: ssl_cert_crt, key: ssl_cert_key };
  if (ssl_cert_generate && !(await isTaken(pair.crt)) && !(await isTaken(pair.key))) {
    return [optional(check, `no ${pair.crt} yet`, firstDeploy)];
  }
  const findings = await checkCertificate({ ...pair, names: ssl_cert_names });
  const problems = findings.filter(({ verdict }) => verdict === "problem");
  if (problems.length === 0) {
    const said = findings.map(({ message }) => message).find((message) => message.startsWith("valid until"));
    return [ok(check, `${pair.crt}${said === undefined ? "" : `, ${said}`}`)];
  }
  return problems.map(
    ({ message, hint }): Row =>
      defined({
        check,
        state: "problem",
        found: message,
        mend: hint,
      }),
  );
}

function tokenRow({ auth, auth_token_file }: Config): Promise<Row> {
  const check = "token";
  return rowOf(check, async () => {
    if (auth === "none")
      return optional(check, "none: auth is none", "remove auth: none, unless the network is closed");
    const { readToken } = await import("../../certs/token.js");
    const { isTaken } = await import("../../certs/files.js");
    if (!(await isTaken(auth_token_file))) return optional(check, `no ${auth_token_file} yet`, firstDeploy);
    await readToken(auth_token_file);
    return ok(check, auth_token_file);
  });
}
