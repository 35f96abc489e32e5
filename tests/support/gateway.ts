import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { startGateway } from '../../src/commands/gateway.ts';
import { loadConfig } from '../../src/config/config.ts';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import { openBuiltInIssuer, openIdentity } from '../../src/commands/identity.ts';
import { Lifecycle } from '../../src/shared/lifecycle.ts';
import type { Log } from '../../src/shared/log.ts';
import type { TestDatabases } from './databases.ts';
import { testLog } from './log.ts';
import { roomForTests } from './room-for-tests.ts';

export interface GraphQLAnswer<Result = Record<string, never>> {
  readonly data?: Result | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly unknown[];
    readonly extensions: Record<string, unknown>;
  }[];
}

export interface Credentials {
  readonly userId: string;
  readonly scopes?: readonly string[];
  readonly tenantId?: string;
  readonly expiresInSeconds?: number;
}

export interface TestGateway {
  readonly url: string;
  readonly internalApiKey: string;
  token(credentials: Credentials): Promise<string>;
  /** One operation over HTTP; without credentials where they are null. */
  query<Result = Record<string, never>>(
    credentials: Credentials | null,
    document: string | TypedDocumentNode<Result, never>,
    variables?: Record<string, unknown>,
  ): Promise<GraphQLAnswer<Result>>;
  /** A websocket client of these credentials; it does not retry unless told. */
  connect(credentials: Credentials | null, retryAttempts?: number): Promise<Client>;
  stop(): Promise<void>;
}

/** What every answer says beside what a test is about. */
export function withoutCost<Answer extends object>(answer: Answer & { extensions?: unknown }): Answer {
  delete answer.extensions;
  return answer;
}

/** A whole gateway in this process on test databases, its tokens from the built-in issuer. */
export async function startTestGateway(
  test: TestDatabases,
  env: Record<string, string> = {},
  log: Log = testLog(),
): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-gateway-'));
  const internalApiKey = 'test-internal-key-0123456789';
  const config = loadConfig(
    {
      PORT: '0',
      NODE_ENV: 'test',
      SCROLLBACK_DATA: folder,
      INTERNAL_API_KEY: internalApiKey,
      LIVE_POLL_INTERVAL_MS: '100',
      ...roomForTests,
      ...env,
    },
    { envFile: '/dev/null' },
  );
  const { roads, databases } = test;
  const road = (name: 'agentRuntime' | 'auth') => ({
    definition: name === 'auth' ? authDefinition : agentRuntimeDefinition,
    main: roads[name].gateway,
    owner: roads[name].owner,
    direct: roads[name].gateway,
    replica: null,
    embedded: false,
  });
  const lifecycle = new Lifecycle();
  const identity = await openIdentity(config);
  const issuer = await openBuiltInIssuer(config);
  const runtime = { databases, roads: { agentRuntime: road('agentRuntime'), auth: road('auth') } };
  const port = await startGateway(
    {
      runtime,
      identity,
      config,
      log,
    },
    lifecycle,
  );
  const url = `http://127.0.0.1:${port}/graphql`;

  const token = ({
    userId,
    scopes = ['api:read', 'api:write'],
    tenantId = 'default',
    expiresInSeconds = 600,
  }: Credentials): Promise<string> => issuer.issue({ userId, scopes, tenantId, expiresInSeconds });

  return {
    url,
    internalApiKey,
    token,
    async query<Result>(
      credentials: Credentials | null,
      document: string | TypedDocumentNode<Result, never>,
      variables: Record<string, unknown> = {},
    ) {
      const query = typeof document === 'string' ? document : print(document);
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (credentials !== null) headers['authorization'] = `Bearer ${await token(credentials)}`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return withoutCost((await response.json()) as GraphQLAnswer<Result>);
    },
    async connect(credentials, retryAttempts = 0) {
      const connectionParams = credentials === null ? {} : { Authorization: `Bearer ${await token(credentials)}` };
      return createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams,
        retryAttempts,
      });
    },
    async stop() {
      await lifecycle.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
