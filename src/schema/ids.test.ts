import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareId, globalId, parseGlobalId } from './ids.ts';

const isType = (name: string): boolean => ['Session', 'User'].includes(name);
const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('a global id', () => {
  it('holds its type and any key, whatever is in the key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (key) => {
        expect(parseGlobalId(globalId('Session', key))).toEqual({ type: 'Session', key });
      }),
    );
    expect(parseGlobalId(globalId('Session', 'a:b\nc'))).toEqual({ type: 'Session', key: 'a:b\nc' });
    expect(globalId('Session', 's1')).toBe('U2Vzc2lvbjpzMQ');
  });

  it('spells ids in base64url, whatever their characters and their length', () => {
    const characters = Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code));
    for (const type of ['User', 'Message', 'Session'])
      for (const one of [...characters, 'ж', '\u{1f600}', '\u00ff'])
        for (const key of ['', one, `a${one}`, `${one}${one}${one}`, `ab${one}-4444`])
          expect(globalId(type, key)).toBe(Buffer.from(`${type}:${key}`).toString('base64url'));
  });

  it.each([
    ['', ''],
    ['a bare id', 's1'],
    ['a UUID', '0195b0f6-7c1e-7a52-b6a0-1f0b6cb6a8a4'],
    ['another spelling', `${globalId('Session', 's1')}=`],
    ['a type in small letters', encoded('session:s1')],
    ['a type of one letter', encoded('S:s1')],
    ['no key', encoded('Session:')],
    ['no type', encoded(':s1')],
    ['something before the type', encoded('1Session:s1')],
    ['a type with other characters', encoded('Ses sion:s1')],
  ])('is not %s', (_, text) => expect(parseGlobalId(text)).toBeNull());
});

describe('the database id that an argument means', () => {
  it.each([
    ['a global id of the type', globalId('Session', 's1'), 's1'],
    ['a database id', 's1', 's1'],
    ['what only looks like a global id', globalId('Nothing', 's1'), globalId('Nothing', 's1')],
  ])('%s', (_, id, expected) => expect(bareId('Session', id, isType)).toBe(expected));

  it('is refused where it is of another type', () => {
    expect(() => bareId('Session', globalId('User', 'u1'), isType)).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        message: 'This is the id of a User, not of a Session.',
        details: { expectedType: 'Session', actualType: 'User' },
      }),
    );
  });
});
