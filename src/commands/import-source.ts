import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { StartupError } from '../shared/errors.ts';

/** Where conversations come from. */
export interface ImportSource {
  readonly name: string;
  readonly stream: Readable;
  /** In bytes; null where only its end tells. */
  readonly size: number | null;
  /** When the conversation ended whose line begins here, as far as the source itself can say. */
  readonly endOf: (offset: number) => Date;
}

const chunkBytes = 2 ** 20;

export async function openSource(file: string): Promise<ImportSource> {
  if (file === '-') return sizeless('standard input', process.stdin);
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new Error('it is a folder');
    if (stats.isFile()) await requireText(handle);
    const stream = handle.createReadStream({ highWaterMark: chunkBytes });
    if (!stats.isFile()) return sizeless(file, stream);
    const { size, mtimeMs } = stats;
    return { name: file, stream, size, endOf: (offset) => new Date(Math.floor(mtimeMs) - (size - offset)) };
  } catch (error) {
    throw new StartupError(`${file} cannot be read: ${(error as Error).message}.`, error);
  }
}

/** How files begin that are not lines of UTF-8, and what makes such lines of them. */
const others: readonly { readonly begins: readonly number[]; readonly problem: string }[] = [
  { begins: [0x1f, 0x8b], problem: 'it is packed with gzip (`gunzip --keep` unpacks it)' },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], problem: 'it is packed with zstd (`unzstd` unpacks it)' },
  { begins: [0x50, 0x4b, 0x03, 0x04], problem: 'it is a zip archive (`unzip` unpacks it)' },
  { begins: [0xff, 0xfe], problem: 'it is UTF-16 (`iconv -f UTF-16 -t UTF-8` makes it UTF-8)' },
  { begins: [0xfe, 0xff], problem: 'it is UTF-16 (`iconv -f UTF-16 -t UTF-8` makes it UTF-8)' },
];

async function requireText(handle: FileHandle): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  const start = buffer.subarray(0, bytesRead);
  const other = others.find(({ begins }) => start.subarray(0, begins.length).equals(Buffer.from(begins)));
  if (other === undefined) return;
  await handle.close();
  throw new Error(other.problem);
}

function sizeless(name: string, stream: Readable): ImportSource {
  const now = new Date();
  return { name, stream, size: null, endOf: () => now };
}
