import { createHash } from 'node:crypto';
import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { firstTabs } from './first-tabs.ts';
import { graphiqlPage } from './page.ts';

const scriptsOf = (html: string): string[] =>
  [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((found) => found[1] ?? '');
const optionsOf = (html: string): unknown => JSON.parse(/id="options">(.*?)<\/script>/.exec(html)?.[1] ?? '');

it('allows exactly the scripts that it contains', async () => {
  const { html, contentSecurityPolicy } = await graphiqlPage({ endpoint: '/graphql' });
  const hashes = scriptsOf(html).map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  expect(hashes).toHaveLength(4);
  expect(contentSecurityPolicy).toContain(`script-src ${hashes.join(' ')};`);
});

it('loads nothing from elsewhere', async () => {
  const { html } = await graphiqlPage({ endpoint: '/graphql' });
  const markup = html.replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '');
  expect(markup.match(/(?:src|href)="(?!data:)[^"]*"/g)).toBeNull();
});

it('hands over its options without letting them end the script element', async () => {
  const headers = { Authorization: 'Bearer </script><script>alert(1)</script>' };
  const { html } = await graphiqlPage({ endpoint: '/graphql', headers });
  expect(scriptsOf(html)).toHaveLength(4);
  expect(optionsOf(html)).toMatchObject({
    endpoint: '/graphql',
    graphiql: { headers: JSON.stringify(headers, null, 2) },
  });
});

it('gives each visit its own headers', async () => {
  const [first, second] = await Promise.all(
    ['one', 'two'].map((token) => graphiqlPage({ endpoint: '/graphql', headers: { Authorization: token } })),
  );
  expect(optionsOf(first?.html ?? '')).not.toEqual(optionsOf(second?.html ?? ''));
});

it.each(firstTabs)('starts with operations that parse', ({ query }) => {
  expect(() => parse(query)).not.toThrow();
});
