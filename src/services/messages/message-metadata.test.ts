import { describe, expect, it } from 'vitest';
import { metadataOf } from './message-metadata.ts';

describe('metadataOf', () => {
  it('is the object that the text spells', () => {
    expect(metadataOf('{"a":{"b":[1]}}')).toEqual({ a: { b: [1] } });
  });

  it.each([null, '', '  ', 'null'])('is empty for %j', (text) => {
    expect(metadataOf(text)).toEqual({});
  });

  it.each([
    ['[1,2]', [1, 2]],
    ['"x"', 'x'],
    ['0', 0],
    ['{"a":', '{"a":'],
    ['no JSON', 'no JSON'],
  ])('loses nothing of %j', (text, value) => {
    expect(metadataOf(text)).toEqual({ value });
  });
});
