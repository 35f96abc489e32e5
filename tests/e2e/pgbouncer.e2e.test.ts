import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../src/config/database-config.ts';
import { Database } from '../../src/databases/database.ts';
import { agentRuntimeDefinition, authDefinition } from '../../src/databases/definitions.ts';
import { migrate } from '../../src/databases/migrate.ts';
import { silentLog } from '../../src/shared/log.ts';
import { EndOfSessionDocument, MessageAddedDocument, type MessageAddedSubscription } from '../generated/operations.ts';
import { codesOf } from '../support/ask.ts';
import { collect } from '../support/collect.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { expectSoon } from '../support/expect-soon.ts';
import { startTestGateway } from '../support/gateway.ts';
import { addMessages, addSession, addUser } from '../support/people.ts';
import { startPgBouncer, type PgBouncer } from '../support/pgbouncer.ts';
import { isMissing } from '../support/programs.ts';

/** A pooler without support for prepared statements, before which everything has to work. */
describe.skipIf(isMissing('pgbouncer'))('behind PgBouncer in transaction mode', () => {
  let test: TestDatabases;
  let pooler: PgBouncer;
  beforeEach(async () => {
    test = await testDatabases();
    const { gateway, owner } = test.roads.auth;
    const users = [gateway, owner].map(({ user, password = '' }) => [user, password] as const);
    pooler = await startPgBouncer(gateway, Object.fromEntries(users));
  });
  afterEach(async () => {
    await pooler.stop();
    await test.close();
  });

  const pooled = (config: DatabaseConfig): DatabaseConfig => ({ ...config, port: pooler.port });

  function pooledDatabases(): TestDatabases {
    const { agentRuntime, auth } = test.roads;
    return {
      ...test,
      databases: {
        agentRuntime: Database.open(agentRuntimeDefinition, pooled(agentRuntime.gateway), silentLog()),
        auth: Database.open(authDefinition, pooled(auth.gateway), silentLog()),
      },
      roads: {
        agentRuntime: { gateway: pooled(agentRuntime.gateway), owner: pooled(agentRuntime.owner) },
        auth: { gateway: pooled(auth.gateway), owner: pooled(auth.owner) },
      },
    };
  }

  it('answers, writes and delivers; that notifications do not arrive is found out', async () => {
    const anna = { userId: 'anna' };
    await addUser(test, 'anna');
    await addSession(test, 's', anna, 1);
    const behind = pooledDatabases();
    const gateway = await startTestGateway(behind);
    try {
      const client = await gateway.connect(anna);
      const end = await gateway.query(anna, EndOfSessionDocument, { id: 's' });
      const after = end.data?.session?.messages.pageInfo.endCursor;
      const numberOf = (data: MessageAddedSubscription): number => data.messageAdded.node.sequence;
      const added = collect(client, MessageAddedDocument, { sessionId: 's', after }, numberOf);
      const asked = Array.from({ length: 60 }, (_, index) =>
        gateway.query(
          anna,
          `{ session(id: "s") { title messages(last: ${(index % 7) + 1}) { totalCount nodes { id } } } }`,
        ),
      );
      const sent = Array.from({ length: 30 }, (_, index) =>
        gateway.query(
          anna,
          `mutation { sendMessage(input: { sessionId: "s", content: "m${index}", clientMessageId: "c${index}" }) { message { id } } }`,
        ),
      );
      const answers = await Promise.all([...asked, ...sent]);
      expect(answers.flatMap(codesOf)).toEqual([]);
      await addMessages(test, 's', 2, 21);
      await added.until(50, 20_000);
      expect(added.items).toEqual(Array.from({ length: 50 }, (_, index) => index + 2));
      const ready = async (): Promise<string> => (await fetch(gateway.url.replace('/graphql', '/readyz'))).text();
      await expectSoon(async () => /"mode":"poll".*"notify":"what was sent did not arrive/.test(await ready()));
      await client.dispose();
    } finally {
      await gateway.stop();
      await behind.databases.agentRuntime.close();
      await behind.databases.auth.close();
    }
  });

  it('migrates, also when two start at once, and leaves no lock behind', async () => {
    const empty = await testDatabases({ migrated: false });
    try {
      const owner = pooled(empty.roads.agentRuntime.owner);
      const both = await Promise.all([1, 2].map(() => migrate(agentRuntimeDefinition, owner, silentLog())));
      const { length } = agentRuntimeDefinition.migrations;
      expect(both.map((done) => done.length).toSorted((one, other) => one - other)).toEqual([0, length]);
      const { rows } = await empty.service.agentRuntime.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows).toHaveLength(0);
    } finally {
      // The pooler's connections would keep the database from being dropped quietly.
      await pooler.stop();
      await empty.close();
    }
  });
});
