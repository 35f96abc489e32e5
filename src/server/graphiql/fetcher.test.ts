import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInThisContext } from 'node:vm';
import { buildSchema, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { createFetcher, type Fetcher, type LiveResult } from './fetcher.ts';

const schema = buildSchema('type Query { hello: String } type Subscription { token: String }');
async function* echoToken(_: unknown, { token }: { token: unknown }): AsyncGenerator<{ token: unknown }> {
  yield { token };
}
let server: Server;
let fetcher: Fetcher;

/** Echoes what a request sent, and streams the token that a websocket was opened with. */
beforeEach(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.end(JSON.stringify({ token: request.headers.authorization, body: chunks.join('') })),
    );
  });
  useServer(
    {
      schema,
      onConnect: ({ connectionParams, extra }) => {
        if (connectionParams?.['Authorization'] === 'expired') extra.socket.close(4403, 'The token has expired');
      },
      context: ({ connectionParams }) => ({ token: connectionParams?.['Authorization'] }),
      roots: { subscription: { token: echoToken } },
    },
    new WebSocketServer({ server }),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  // As text and back, the way that the page carries it: it must get by without anything from its module.
  const carried = runInThisContext(`(${createFetcher.toString()})`) as typeof createFetcher;
  fetcher = carried(url, (connectionParams) =>
    createClient({ url: url.replace('http', 'ws'), connectionParams, retryAttempts: 0 }),
  );
});
afterEach(() => server.close());

const query = 'query A { hello } subscription B { token }';
const documentAST = parse(query);
const listen = (headers: Record<string, string>): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    const results: unknown[] = [];
    const live = fetcher({ query, operationName: 'B' }, { headers, documentAST }) as LiveResult;
    live.subscribe({ next: (result) => results.push(result), error: reject, complete: () => resolve(results) });
  });

it('posts a query with the headers of the editor', async () => {
  const operation = { query, operationName: 'A', variables: { x: 1 } };
  const answer = await fetcher(operation, { headers: { Authorization: 'mine' }, documentAST });
  expect(answer).toEqual({ token: 'mine', body: JSON.stringify(operation) });
});

it('posts what comes without a document, such as the introspection', async () => {
  await expect(fetcher({ query: '{ hello }' })).resolves.toMatchObject({ body: '{"query":"{ hello }"}' });
});

it('opens a websocket for a subscription, with the headers as connection_init payload', async () => {
  expect(await listen({ Authorization: 'mine' })).toEqual([{ data: { token: 'mine' } }]);
});

it('uses a token that has changed for the next subscription', async () => {
  await listen({ Authorization: 'old' });
  expect(await listen({ Authorization: 'new' })).toEqual([{ data: { token: 'new' } }]);
});

it('says in words why the server closed the connection', async () => {
  await expect(listen({ Authorization: 'expired' })).rejects.toThrow(
    'The connection was closed: 4403 The token has expired',
  );
});
