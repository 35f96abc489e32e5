import { expect, test } from 'vitest';
import { titleOf } from './receiving-session.ts';

test.each([
  [undefined, null],
  ['', null],
  [' \r\n\t', null],
  ['\n  first \r\nsecond', 'first'],
  ['x'.repeat(80), 'x'.repeat(80)],
  ['x'.repeat(81), `${'x'.repeat(79)}…`],
  ['😀'.repeat(80), '😀'.repeat(80)],
  ['😀'.repeat(100_000), `${'😀'.repeat(79)}…`],
])('the title of a message', (content, title) => {
  expect(titleOf({ content })).toBe(title);
});
