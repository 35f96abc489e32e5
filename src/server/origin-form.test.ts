import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { toOriginForm } from './origin-form.ts';

function formOf(url: string): unknown[] {
  const request = { url, headers: { host: 'said.example' } } as IncomingMessage;
  toOriginForm(request);
  return [request.url, request.headers.host];
}

it('makes a whole address a path of its host', () => {
  expect(formOf('http://asked.example/graphql?query={a}')).toEqual(['/graphql?query={a}', 'asked.example']);
  expect(formOf('HTTPS://asked.example:8443')).toEqual(['/', 'asked.example:8443']);
  expect(formOf('http://asked.example?query={a}')).toEqual(['/?query={a}', 'asked.example']);
});

it('leaves everything else as it is', () => {
  for (const url of [
    '/graphql',
    '/http://asked.example/graphql',
    '*',
    'ftp://asked.example/graphql',
    'http:///graphql',
  ])
    expect(formOf(url)).toEqual([url, 'said.example']);
});
