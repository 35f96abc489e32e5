import { expect, test } from 'vitest';
import { linesOf } from './lines.ts';

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function read(bytes: Buffer, size: number): Promise<[number, number, string][]> {
  const lines: [number, number, string][] = [];
  for await (const line of linesOf(chunked(bytes, size))) lines.push([line.number, line.offset, line.text()]);
  return lines;
}

test.each([1, 2, 3, 7, 1000])('lines come whole, whatever the chunks of %d bytes cut', async (size) => {
  expect(await read(Buffer.from('один\n\n{"a": "☃"}\r\nlast'), size)).toEqual([
    [1, 0, 'один'],
    [2, 9, ''],
    [3, 10, '{"a": "☃"}\r'],
    [4, 24, 'last'],
  ]);
});

test('a newline at the end begins no line', async () => {
  expect(await read(Buffer.from('a\nb\n'), 100)).toEqual([
    [1, 0, 'a'],
    [2, 2, 'b'],
  ]);
});

test('the mark that some editors put before a text is no part of it', async () => {
  expect(await read(Buffer.from('\ufeff{}\n'), 100)).toEqual([[1, 0, '{}']]);
});

test('a line that is no text is told when it is read, and the next one is read', async () => {
  const texts: (() => string)[] = [];
  for await (const line of linesOf(chunked(Buffer.from([0x80, 0x0a, 0x61]), 100))) texts.push(() => line.text());
  expect(texts[0]).toThrow('is not UTF-8');
  expect(texts[1]?.()).toBe('a');
});
