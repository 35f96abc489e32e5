import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseConversation, type Conversation } from './conversation.ts';
import { StorableText } from './storable-text.ts';

afterEach(() => vi.unstubAllEnvs());

const line = { id: 'c-1', user: 'ann', title: null, messages: [] as unknown[] };

const parse = (changes: Record<string, unknown>, storable = new StorableText()): Conversation =>
  parseConversation(JSON.stringify({ ...line, ...changes }), storable);

const onlyMessage = (message: unknown) => parse({ messages: [message] }).messages[0];

describe('what a line says', () => {
  test('messages keep everything that they carry', () => {
    const { messages } = parse({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello\nthere' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'now', arguments: '{"zone":"UTC"}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', name: 'now', content: '12:00' },
        { role: 'assistant', content: 'Noon.', refusal: null, model: 'm-1' },
      ],
    });
    const empty = { content: null, name: null, toolCallId: null, toolCalls: null, metadata: null };
    expect(messages).toEqual([
      { ...empty, role: 'system', content: 'Be brief.' },
      { ...empty, role: 'user', content: 'Hello\nthere' },
      {
        ...empty,
        role: 'assistant',
        toolCalls: '[{"id":"call_1","type":"function","function":{"name":"now","arguments":"{\\"zone\\":\\"UTC\\"}"}}]',
      },
      { ...empty, role: 'tool', content: '12:00', name: 'now', toolCallId: 'call_1' },
      { ...empty, role: 'assistant', content: 'Noon.', metadata: '{"model":"m-1"}' },
    ]);
  });

  test('parts with text become the text; other parts stay as metadata', () => {
    const parts = [{ type: 'text', text: 'Look:' }, { type: 'image_url', image_url: { url: 'x' } }, 'here'];
    expect(onlyMessage({ role: 'user', content: parts })).toMatchObject({
      content: 'Look:\nhere',
      metadata: JSON.stringify({ content: parts }),
    });
    expect(onlyMessage({ role: 'user', content: [{ type: 'text', text: 'Look' }] })).toMatchObject({ metadata: null });
  });

  test('arguments that an exporter wrote as JSON become the text that the column holds', () => {
    const call = { id: '1', type: 'function', function: { name: 'f', arguments: { a: 1 } } };
    expect(onlyMessage({ role: 'assistant', tool_calls: [call] })?.toolCalls).toBe(
      '[{"id":"1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]',
    );
  });

  test('without a title the first line of the first user message is one', () => {
    const messages = [
      { role: 'system', content: 'You are an agent.' },
      { role: 'user', content: '\n  How do I\nfly?' },
    ];
    expect(parse({ messages }).title).toBe('How do I');
    expect(parse({ messages, title: 'Flying' }).title).toBe('Flying');
    expect(parse({ messages: [{ role: 'user', content: 'x'.repeat(200) }] }).title).toHaveLength(80);
    expect(parse({}).title).toBeNull();
  });

  test('an id that is too long gives a stable other one and is remembered', () => {
    const id = 'x'.repeat(37);
    const first = parse({ id });
    expect(first).toMatchObject({ foreignId: id, sessionId: parse({ id }).sessionId });
    expect(first.sessionId).toHaveLength(36);
    expect(parse({ id: `${id}y` }).sessionId).not.toBe(first.sessionId);
    expect(parse({ id: 'x'.repeat(36) })).toMatchObject({ foreignId: null, sessionId: 'x'.repeat(36) });
  });

  test.each([
    ['2024-05-15T15:00:00Z', '2024-05-15T15:00:00.000Z'],
    ['2024-05-15T15:00:00.25+03:00', '2024-05-15T12:00:00.250Z'],
    ['2024-05-15 15:00:00.123456', '2024-05-15T15:00:00.123Z'],
    ['2024-05-15T15:00:00-05:00', '2024-05-15T20:00:00.000Z'],
    ['2024-05-15', '2024-05-15T00:00:00.000Z'],
  ])('%s is %s, wherever this runs', (createdAt, expected) => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(parse({ createdAt }).createdAt?.toISOString()).toBe(expected);
  });

  test('characters that cannot be stored are replaced and counted', () => {
    const storable = new StorableText();
    const messages = [{ role: 'user', content: 'a\0b\ud800c\0' }];
    expect(parse({ messages, title: 'x\0' }, storable)).toMatchObject({
      title: 'x\ufffd',
      messages: [{ content: 'a\ufffdb\ufffdc\ufffd' }],
    });
    expect(storable.replaced).toBe(4);
  });
});

describe('what is wrong with a line', () => {
  test.each([
    [{ messages: [{ role: 'robot', content: '' }] }, 'messages.0.role must be one of user, assistant, system, tool'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages.0.content must be a text or a list of parts'],
    [{ messages: [{ role: 'tool', tool_call_id: 'x'.repeat(256) }] }, 'messages.0.tool_call_id must have at most 255'],
    [{ messages: [{ role: 'assistant', tool_calls: {} }] }, 'messages.0.tool_calls must be a list'],
    [{ messages: ['hi'] }, 'messages.0 must be an object'],
    [{ messages: null }, 'messages must be a list'],
    [{ id: 7 }, 'id must be a text'],
    [{ id: '' }, 'id must not be empty'],
    [{ id: 'a\nb' }, 'id must not have control characters'],
    [{ user: null }, 'user must be a text'],
    [{ title: 'x'.repeat(501) }, 'title must have at most 500 characters'],
    [{ createdAt: 'yesterday' }, 'createdAt must be a time such as'],
    [{ createdAt: '2024-13-01' }, 'createdAt must be a time such as'],
    [{ createdAt: '2026-02-31T12:00:00Z' }, 'createdAt must be a time such as'],
  ])('%o: %s', (changes, reason) => {
    expect(() => parse(changes)).toThrow(reason);
  });

  test.each([
    ['{"id": ', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
  ])('%s %s', (text, reason) => {
    expect(() => parseConversation(text, new StorableText())).toThrow(reason);
  });

  test('a tower of brackets is a bad line and no crash', () => {
    const tower = '['.repeat(200_000) + ']'.repeat(200_000);
    const text = `{"id":"x","user":"u","messages":[{"role":"assistant","tool_calls":${tower}}]}`;
    expect(() => parseConversation(text, new StorableText())).toThrow('nested too deeply');
  });
});
