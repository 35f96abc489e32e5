import { describe, expect, it } from 'vitest';
import { askedCallsOf, resultOf } from './tool-call-text.ts';

const read = (text: string | null) =>
  askedCallsOf(text).map(({ callId, name, arguments: given }) => ({ callId, name, arguments: given }));
const unreadable = (text: unknown) => [{ callId: null, name: null, arguments: text }];

describe('askedCallsOf', () => {
  it('reads calls as chat-completions models ask for them', () => {
    const calls = [
      { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{"city":"Omsk"}' } },
      { id: 'call_2', type: 'function', function: { name: 'list', arguments: '' } },
    ];
    expect(read(JSON.stringify(calls))).toEqual([
      { callId: 'call_1', name: 'find', arguments: { city: 'Omsk' } },
      { callId: 'call_2', name: 'list', arguments: null },
    ]);
  });

  it.each([null, '', ' \n', 'null', '[]'])('reads no call from %j', (text) => {
    expect(read(text)).toEqual([]);
  });

  it('keeps arguments that are no JSON as the text they are', () => {
    const [call] = read('[{"id":"c","function":{"name":"find","arguments":"{\\"city\\": \\"Om"}}]');
    expect(call).toEqual({ callId: 'c', name: 'find', arguments: '{"city": "Om' });
  });

  it('reads arguments that are JSON already', () => {
    const [call] = read('[{"id":"c","function":{"name":"find","arguments":{"city":"Omsk"}}}]');
    expect(call?.arguments).toEqual({ city: 'Omsk' });
  });

  it('reads a name and arguments that stand outside of `function`', () => {
    expect(read('[{"id":7,"name":"find","arguments":"{}"}]')).toEqual([{ callId: '7', name: 'find', arguments: {} }]);
  });

  it('has U+FFFD for what PostgreSQL cannot hold of an id', () => {
    const [call] = read('[{"id":"a\\u0000b\\ud83d\\ud83d\\ude00\\ude00","function":{"name":"f"}}]');
    expect(call?.callId).toBe('a\ufffdb\ufffd\ud83d\ude00\ufffd');
  });

  it.each(['12345678901234567890', '1.0', '1e2', '1E400', '-0', '7'])('reads the number %s as it is written', (id) => {
    expect(read(`[{"id":"c"},{"id":${id},"name":"f","arguments":{"id":1.50}}]`)).toEqual([
      { callId: 'c', name: null, arguments: { id: 'c' } },
      { callId: id, name: 'f', arguments: { id: 1.5 } },
    ]);
    expect(read(`{"id":5,"id":${id}}`)[0]?.callId).toBe(id);
  });

  it("takes other than JSON's white space for a text that is no JSON", () => {
    expect(read('\u00a0')).toEqual(unreadable('\u00a0'));
  });

  it('reads a call that stands in no list', () => {
    expect(read('{"id":"c","function":{"name":"find","arguments":"1"}}')).toEqual([
      { callId: 'c', name: 'find', arguments: 1 },
    ]);
  });

  it('keeps a text that is no JSON as the arguments of one call', () => {
    expect(read('[{"id": "call_1", "functi')).toEqual(unreadable('[{"id": "call_1", "functi'));
  });

  it.each(['5', '"x"', 'true', '[5]', '["x"]', '[null]', '[[1]]', '[{}]', '[{"id":{},"function":7}]'])(
    'keeps the odd shape %s as the arguments of one call',
    (text) => {
      const value: unknown = JSON.parse(text);
      expect(read(text)).toEqual(unreadable(Array.isArray(value) ? value[0] : value));
    },
  );

  it('does not build values that are too deep to be written again', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(read(deep)).toEqual(unreadable(deep));
  });

  it('takes a client-chosen __proto__ for a name like any other', () => {
    const [call] = read('[{"id":"c","function":{"name":"f","arguments":"{\\"__proto__\\":{\\"a\\":1}}"}}]');
    expect(JSON.stringify(call?.arguments)).toBe('{"__proto__":{"a":1}}');
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

describe('resultOf', () => {
  it('is JSON where the content is JSON, else the content', () => {
    expect(resultOf('{"a":[1]}')).toEqual({ a: [1] });
    expect(resultOf('[]')).toEqual([]);
    expect(resultOf('Error: no such city')).toBe('Error: no such city');
    expect(resultOf('')).toBe('');
    expect(resultOf(null)).toBeNull();
  });
});
