import { expect, it } from 'vitest';
import { lastTab } from './last-tab.ts';

const stored = JSON.stringify({
  tabs: [
    { query: '{ a }', variables: null },
    { query: '{ b }', variables: '{"n":1}' },
  ],
  activeTabIndex: 1,
});

it('is the one that was in front', () => {
  expect(lastTab(stored, '')).toEqual({ query: '{ b }', variables: '{"n":1}' });
});

it('is the one of the address', () => {
  expect(lastTab(stored, '?query=%7B%20a%20%7D')).toEqual({ query: '{ a }', variables: '' });
  expect(lastTab(stored, '?query=new')).toEqual({});
});

it.each([null, '', 'nonsense', '{}', '{"tabs":[],"activeTabIndex":0}'])('is none where %s is stored', (text) => {
  expect(lastTab(text, '')).toEqual({});
});
