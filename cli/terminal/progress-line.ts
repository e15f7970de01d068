/** The text of a progress line. Pure: the clock and the width are parameters. */
import { bytes } from "../../base/text/bytes.js";

export interface Transfer {
  readonly label: string;
  readonly done: number;
  readonly total: number | undefined;
  readonly elapsedMs: number;
  readonly columns: number;
}

/** `data.bin  [######------]  52%  1.2 GiB of 2.3 GiB  118 MiB/s  0:09 left`, cut to the width. */
export function transferLine({ label, done, total, elapsedMs, columns }: Transfer): string {
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  // In the first half second a rate is noise.
  const speed = elapsedMs < 500 || rate === 0 ? "" : `  ${bytes(rate)}/s`;
  if (total === undefined) return cut(`${label}  ${bytes(done)}${speed}`, columns);
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const left = speed === "" || share === 1 ? "" : `  ${clock((total - done) / rate)} left`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return cut(`${label}  ${bar(share, 20)} ${percent}  ${bytes(done)} of ${bytes(total)}${speed}${left}`, columns);
}

/** Seconds as `0:09`, `12:30`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.ceil(Math.max(seconds, 0));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  return `[${"#".repeat(full)}${"-".repeat(width - full)}]`;
}

/** One column stays free: a full line would wrap in some terminals. */
export function cut(text: string, columns: number): string {
  const room = Math.max(columns - 1, 10);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
