/** Encodes records as batches: NDJSON, in the clear or as Fernet tokens. */
import { type FernetKey, fernetToken } from "./fernet.js";
import { idAndTime } from "./record.js";

/** @default - "none" */
export type Encryption =
  | { readonly kind: "none" }
  /** Each batch is one token. */
  | { readonly kind: "batch"; readonly key: FernetKey }
  /** Each record is a token beside its id and time: `{"id":…,"time":…,"fernet":…}`, still NDJSON. */
  | { readonly kind: "record"; readonly key: FernetKey };

/** @param records lines of JSON without newlines. */
export function encodeBatch(records: readonly string[], encryption: Encryption): Uint8Array {
  if (encryption.kind === "record") {
    const { key } = encryption;
    return Buffer.from(`${records.map((json) => encryptedRecord(json, key)).join("\n")}\n`);
  }
  const text = `${records.join("\n")}\n`;
  return Buffer.from(encryption.kind === "none" ? text : fernetToken(encryption.key, text));
}

function encryptedRecord(json: string, key: FernetKey): string {
  const { id, time } = idAndTime(json);
  return `{"id":"${id}","time":${time},"fernet":"${fernetToken(key, json)}"}`;
}

export const contentTypeOf = ({ kind }: Encryption) =>
  kind === "batch" ? "application/vnd.sallyport.fernet" : "application/x-ndjson";
