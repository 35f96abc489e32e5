import { open } from 'node:fs/promises';
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
    const stream = handle.createReadStream({ highWaterMark: chunkBytes });
    if (!stats.isFile()) return sizeless(file, stream);
    const { size, mtimeMs } = stats;
    return { name: file, stream, size, endOf: (offset) => new Date(Math.floor(mtimeMs) - (size - offset)) };
  } catch (error) {
    throw new StartupError(`${file} cannot be read: ${(error as Error).message}.`, error);
  }
}

function sizeless(name: string, stream: Readable): ImportSource {
  const now = new Date();
  return { name, stream, size: null, endOf: () => now };
}
