import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from './import-source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrollback-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: Buffer | string): Promise<string> {
  const file = join(folder, 'chats.jsonl');
  await writeFile(file, content);
  return file;
}

test.each(['{"a":1}\n', '', 'a', '\uFEFF{}'])('a text is read from its beginning: %j', async (content) => {
  const { stream, size } = await openSource(await fileOf(content));
  expect(size).toBe(Buffer.byteLength(content));
  // The mark of an order of bytes is no text.
  expect(await text(stream)).toBe(content.replace('\uFEFF', ''));
});

test.each([
  ['gzip', gzipSync('{"a":1}\n'), 'it is packed with gzip (`gunzip --keep` unpacks it)'],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'it is packed with zstd (`unzstd` unpacks it)'],
  ['zip', Buffer.from('PK\u0003\u0004'), 'it is a zip archive (`unzip` unpacks it)'],
  ['UTF-16', Buffer.from('\uFEFF{"a":1}', 'utf16le'), 'it is UTF-16 (`iconv -f UTF-16 -t UTF-8` makes it UTF-8)'],
])('%s is told as a whole, and with what makes lines of it', async (_, content, problem) => {
  const file = await fileOf(content);
  await expect(openSource(file)).rejects.toThrow(`${file} cannot be read: ${problem}.`);
});
