/** RFC 5424 messages in RFC 5425 frames. Pure. */
import { idAndTime } from "../record.js";

export interface Sender {
  readonly hostname: string;
}

/** local0.info. */
const PRIORITY = 16 * 8 + 6;
/** 32473 is the enterprise number for examples and users without their own (RFC 5612). */
const STRUCTURED = "sallyport@32473";

/** @param json one record. @returns the frame: the length of the message in bytes, a space, the message. */
export function syslogFrame(json: string, { hostname }: Sender): string {
  const { id, time } = idAndTime(json);
  const at = new Date(time).toISOString();
  const message = `<${PRIORITY}>1 ${at} ${printable(hostname)} sallyport-gateway - PACKET [${STRUCTURED} id="${id}"] ${json}`;
  return `${Buffer.byteLength(message)} ${message}`;
}

/** HOSTNAME is at most 255 printable ASCII characters, "-" for none. */
const printable = (name: string) => name.replace(/[^\x21-\x7e]/g, "").slice(0, 255) || "-";
