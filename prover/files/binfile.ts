import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** Where a section's content lies in its file, in bytes. */
export interface Section {
  readonly offset: number;
  readonly size: number;
}

/** Bytes before the first section: magic, version, number of sections. */
const HEADER_BYTES = 12;
/** Bytes before a section's content: id, size. */
const SECTION_BYTES = 12;

/**
 * Finds the sections of a file in iden3's binary container, which `.r1cs`, `.zkey`, `.ptau` and `.wtns` share
 * (https://github.com/iden3/binfileutils).
 *
 * @returns the sections by id, or `undefined` if the file is of another type, is cut off, or repeats a section
 */
export async function readSections(path: string, type: string): Promise<Map<number, Section> | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = await read(file, 0, HEADER_BYTES);
    if (header === undefined || header.toString("latin1", 0, 4) !== type) return undefined;
    const sections = new Map<number, Section>();
    let at = HEADER_BYTES;
    for (let left = header.readUInt32LE(8); left > 0; left--) {
      const head = await read(file, at, SECTION_BYTES);
      if (head === undefined) return undefined;
      const section = { offset: at + SECTION_BYTES, size: Number(head.readBigUInt64LE(4)) };
      at = section.offset + section.size;
      if (at > size || sections.has(head.readUInt32LE(0))) return undefined;
      sections.set(head.readUInt32LE(0), section);
    }
    return sections;
  } finally {
    await file.close();
  }
}

/** Reads one section's content, or its first `limit` bytes. */
export async function readSection(path: string, section: Section, limit = Infinity): Promise<Buffer> {
  const file = await open(path);
  try {
    const content = await read(file, section.offset, Math.min(section.size, limit));
    if (content === undefined) throw new Error(`${path} was shortened while it was read`);
    return content;
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, at: number, size: number): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(size);
  for (let done = 0; done < size;) {
    const { bytesRead } = await file.read(buffer, done, size - done, at + done);
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  return buffer;
}

/** Writes a file in iden3's binary container, section by section. */
export class SectionWriter {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param path must not exist yet */
  static async create(path: string, type: string, version: number, sections: number): Promise<SectionWriter> {
    const writer = new SectionWriter(await open(path, "wx"));
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(type, "latin1");
    header.writeUInt32LE(version, 4);
    header.writeUInt32LE(sections, 8);
    await writer.#append(header);
    return writer;
  }

  /** Writes a section made of `parts`. */
  async section(id: number, ...parts: readonly Uint8Array[]): Promise<void> {
    const head = Buffer.alloc(SECTION_BYTES);
    head.writeUInt32LE(id, 0);
    head.writeBigUInt64LE(BigInt(parts.reduce((sum, part) => sum + part.length, 0)), 4);
    for (const part of [head, ...parts]) await this.#append(part);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done);
      done += bytesWritten;
    }
  }
}
