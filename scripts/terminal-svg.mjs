// What a terminal shows, as SVG: the emulator of VS Code reads the output, and each run of equal cells is a piece of text.
import headless from "@xterm/headless";

const CELL = { width: 8.4, height: 19, size: 14 };
const PADDING = 18;
/** Fonts that the reader has: each run is stretched to its columns, whichever it is. */
const FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

/** Black, red, green, yellow, blue, magenta, cyan, white; then the bright ones. All are readable on the background. */
export const THEMES = {
  light: {
    background: "#ffffff",
    border: "#d1d9e0",
    text: "#1f2328",
    faint: "#59636e",
    colours: ["#1f2328", "#cf222e", "#116329", "#7d4e00", "#0550ae", "#8250df", "#1b7c83", "#59636e"],
  },
  dark: {
    background: "#161b22",
    border: "#30363d",
    text: "#e6edf3",
    faint: "#9198a1",
    colours: ["#e6edf3", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#b1bac4"],
  },
};

/** @param output with control sequences. @returns the lines that a terminal of this width shows, as runs of equal cells. */
export async function screen(output, columns) {
  const terminal = new headless.Terminal({ cols: columns, rows: 400, allowProposedApi: true, convertEol: true });
  await new Promise((done) => terminal.write(output, done));
  const buffer = terminal.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, at) => runs(buffer.getLine(at)));
  while (lines.length > 0 && lines.at(-1).length === 0) lines.pop();
  return lines;
}

export const textOf = (lines) =>
  lines
    .map((line) => line.reduce((text, { column, text: next }) => text.padEnd(column) + next, "").trimEnd())
    .join("\n");

function runs(line) {
  const found = [];
  for (let column = 0; column < line.length; column += 1) {
    const cell = line.getCell(column);
    const text = cell.getChars() || " ";
    const style = styleOf(cell);
    const last = found.at(-1);
    if (last !== undefined && last.key === style.key) last.text += text;
    else found.push({ column, text, ...style });
  }
  // SVG folds spaces, so what they separate is placed by itself.
  return found.flatMap(({ column, text, ...style }) =>
    [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: words, index }) => ({
      column: column + index,
      text: words,
      ...style,
    })),
  );
}

function styleOf(cell) {
  const colour = cell.isFgPalette() ? cell.getFgColor() % 8 : undefined;
  const [bold, dim, underline] = [cell.isBold(), cell.isDim(), cell.isUnderline()].map(Boolean);
  return { colour, bold, dim, underline, key: [colour, bold, dim, underline].join() };
}

/** @param title for those who cannot see it. */
export function terminalSvg(lines, { columns, title, theme }) {
  const width = Math.ceil(columns * CELL.width + 2 * PADDING);
  const height = lines.length * CELL.height + 2 * PADDING;
  const rows = lines.flatMap((line, at) => {
    const y = PADDING + at * CELL.height + CELL.size;
    return line.map(
      (run) => `<text x="${x(run.column)}" y="${y}"${attributes(run, theme)}>${escaped(run.text)}</text>`,
    );
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${theme.background}" stroke="${theme.border}"/>`,
    `<g font-family="${FONT}" font-size="${CELL.size}" fill="${theme.text}">`,
    ...rows,
    "</g>",
    "</svg>",
  ].join("\n")}\n`;
}

const x = (column) => Number((PADDING + column * CELL.width).toFixed(1));

function attributes({ text, colour, bold, dim, underline }, theme) {
  const fill = colour === undefined ? (dim ? theme.faint : undefined) : theme.colours[colour];
  return [
    ` textLength="${Number(([...text].length * CELL.width).toFixed(1))}" lengthAdjust="spacingAndGlyphs"`,
    fill === undefined ? "" : ` fill="${fill}"`,
    bold ? ' font-weight="bold"' : "",
    underline ? ' text-decoration="underline"' : "",
  ].join("");
}

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
