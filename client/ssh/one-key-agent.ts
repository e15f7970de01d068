import ssh2, { type IdentityCallback, type ParsedKey } from "ssh2";

/** An SSH agent with one of its keys alone: a server counts each key that is offered as an attempt. */
export class OneKeyAgent extends ssh2.OpenSSHAgent {
  readonly #publicKey: Buffer;

  /** @param publicKey in SSH's wire format */
  constructor(socket: string, publicKey: Buffer) {
    super(socket);
    this.#publicKey = publicKey;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    super.getIdentities((error, keys) =>
      done(
        error,
        keys?.filter((key) => "getPublicSSH" in key && key.getPublicSSH().equals(this.#publicKey)),
      ),
    );
  }

  hasKey(): Promise<boolean> {
    return new Promise((resolve) =>
      this.getIdentities((error, keys) => resolve(!error && keys !== undefined && keys.length > 0)),
    );
  }
}
