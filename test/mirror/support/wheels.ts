/** Wheels, source archives and npm tarballs that the tests make: byte for byte the same each time. */
import { createHash } from "node:crypto";
import { deflateRawSync, gzipSync } from "node:zlib";
import { defined } from "../../../base/defined.js";

export interface Project {
  readonly name: string;
  readonly version: string;
  readonly requires?: readonly string[];
  readonly extras?: Readonly<Record<string, readonly string[]>>;
  readonly requiresPython?: string;
  /** Bytes of data in it that do not compress. */
  readonly padding?: number;
}

export interface File {
  readonly name: string;
  readonly content: Buffer;
  readonly sha256: string;
  /** PEP 658 */
  readonly metadata?: Buffer;
  readonly requiresPython?: string;
}

export const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

export function wheel(project: Project): File {
  const { name, version } = project;
  const module = name.replace(/[-.]/g, "_");
  const info = `${module}-${version}.dist-info`;
  const metadata = Buffer.from(metadataOf(project));
  const entries: [string, Buffer][] = [
    [`${module}/__init__.py`, Buffer.from(`__version__ = "${version}"\n`)],
    ...(project.padding === undefined
      ? []
      : [[`${module}/data.bin`, noise(project.padding, name)] as [string, Buffer]]),
    [`${info}/METADATA`, metadata],
    [`${info}/WHEEL`, Buffer.from("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")],
  ];
  const record = entries.map(([path, content]) => {
    const digest = createHash("sha256").update(content).digest("base64url");
    return `${path},sha256=${digest},${content.length}\n`;
  });
  entries.push([`${info}/RECORD`, Buffer.from(`${record.join("")}${info}/RECORD,,\n`)]);
  const content = zip(entries);
  const file = `${module}-${version}-py3-none-any.whl`;
  const { requiresPython } = project;
  return defined({
    name: file,
    content,
    sha256: sha256(content),
    metadata,
    requiresPython,
  });
}

/** One that setuptools builds without anything from elsewhere. */
export function sdist({ name, version, ...rest }: Project): File {
  const module = name.replace(/[-.]/g, "_");
  const top = `${module}-${version}`;
  const setup = `from setuptools import setup\nsetup(name="${name}", version="${version}", py_modules=["${module}"])\n`;
  const content = tarball([
    [`${top}/PKG-INFO`, metadataOf({ name, version, ...rest })],
    [`${top}/setup.py`, setup],
    [`${top}/${module}.py`, `__version__ = "${version}"\n`],
  ]);
  return { name: `${top}.tar.gz`, content, sha256: sha256(content) };
}

export function npmTarball(manifest: Readonly<Record<string, unknown>>, padding = 0): File {
  const { name, version } = manifest as { name: string; version: string };
  const content = tarball([
    ["package/package.json", JSON.stringify(manifest)],
    ["package/index.js", `module.exports = ${JSON.stringify(`${name}@${version}`)};\n`],
    ...(padding === 0 ? [] : [["package/data.bin", noise(padding, name)] as [string, Buffer]]),
  ]);
  return { name: `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`, content, sha256: sha256(content) };
}

function metadataOf({ name, version, requires = [], extras = {}, requiresPython }: Project): string {
  return [
    "Metadata-Version: 2.1",
    `Name: ${name}`,
    `Version: ${version}`,
    "Summary: made by the tests",
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ...requires.map((requirement) => `Requires-Dist: ${requirement}`),
    ...Object.entries(extras).flatMap(([extra, list]) => [
      `Provides-Extra: ${extra}`,
      ...list.map((requirement) => `Requires-Dist: ${requirement} ; extra == '${extra}'`),
    ]),
    "",
    "",
  ].join("\n");
}

/** Repeats for the same seed, and does not compress. */
function noise(length: number, seed: string): Buffer {
  const blocks: Buffer[] = [];
  let block = createHash("sha512").update(seed).digest();
  for (let have = 0; have < length; have += block.length) {
    blocks.push(block);
    block = createHash("sha512").update(block).digest();
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function zip(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const packed = deflateRawSync(content);
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, path, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03", "latin1"), common, rest, path]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

function tarball(entries: readonly (readonly [string, string | Buffer])[]): Buffer {
  const blocks = entries.flatMap(([name, text]) => {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write("0000644\0", 100);
    header.write("0000000\0", 108);
    header.write("0000000\0", 116);
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("14000000000\0", 136);
    header.write("        ", 148);
    header.write("0", 156);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(content: Buffer): number {
  let value = 0xffffffff;
  for (const byte of content) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
