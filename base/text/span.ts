/** A span of time for people: `45 s`, `12 min`, `2 h 10 min`, `3 d 4 h`. */
export function spanText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const rest = hours % 24;
  return `${Math.floor(hours / 24)} d${rest === 0 ? "" : ` ${rest} h`}`;
}
