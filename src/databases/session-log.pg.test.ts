import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../tests/support/databases.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

/** One statement, and what a gateway does that hears of it. */
async function run(text: string, values: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> {
  const result = await test.service.agentRuntime.query(text, values);
  await numberMessages(test.service.agentRuntime);
  return result;
}

/** Several statements on one connection in one transaction. */
async function inTransaction(...statements: string[]): Promise<void> {
  const client = await test.service.agentRuntime.connect();
  try {
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
    await numberMessages(client);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function logOf(sessionId: string): Promise<string[]> {
  const { rows } = await run(
    `SELECT concat_ws(' ', number, kind, subject_id, message_sequence) AS event
     FROM scrollback.session_log WHERE session_id = $1 ORDER BY number`,
    [sessionId],
  );
  return rows.map((row) => row['event'] as string);
}

const message = (id: string, sessionId: string, content = id): string =>
  `INSERT INTO messages (id, session_db_id, role, content) VALUES ('${id}', '${sessionId}', 'user', '${content}')`;
const session = (id: string): string => `INSERT INTO sessions (id) VALUES ('${id}')`;
/** The way the agent-runtime service saves a session: all rows out, all rows in. */
const save = (sessionId: string, ...changes: string[]): string[] => [
  `CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT id, session_db_id, role, content, "timestamp" FROM messages WHERE session_db_id = '${sessionId}' ORDER BY "timestamp", id`,
  `DELETE FROM messages WHERE session_db_id = '${sessionId}'`,
  ...changes,
  `INSERT INTO messages (id, session_db_id, role, content, "timestamp") SELECT id, session_db_id, role, content, "timestamp" FROM kept`,
];

describe('the session log', () => {
  it('numbers messages in the order of their inserts, also where their timestamps are equal', async () => {
    await inTransaction(session('order'), message('z', 'order'), message('a', 'order'), message('m', 'order'));
    expect(await logOf('order')).toEqual([
      '1 session_created order',
      '2 message_added z 1',
      '3 message_added a 2',
      '4 message_added m 3',
    ]);
  });

  it('tells that a truncated table has lost its messages, and counts on', async () => {
    const alone = await testDatabases();
    try {
      const { agentRuntime } = alone.service;
      await agentRuntime.query(session('kept'));
      for (const id of ['t1', 't2', 't3']) await agentRuntime.query(message(id, 'kept'));
      await numberMessages(agentRuntime);
      await agentRuntime.query(`DELETE FROM messages WHERE id = 't1'`);
      await agentRuntime.query('TRUNCATE messages');
      await agentRuntime.query(message('t4', 'kept'));
      await numberMessages(agentRuntime);
      const { rows } = await agentRuntime.query<{ kinds: string }>(
        `SELECT string_agg(concat_ws(' ', kind, subject_id, message_sequence), ', ' ORDER BY number) AS kinds
         FROM scrollback.session_log WHERE session_id = 'kept' AND number > 4`,
      );
      expect(rows[0]?.kinds).toBe(
        'message_removed t1 1, message_removed t2 2, message_removed t3 3, message_added t4 4',
      );
      await agentRuntime.query('TRUNCATE sessions CASCADE');
      const last = await agentRuntime.query(
        `SELECT kind, subject_id FROM scrollback.session_log ORDER BY position DESC LIMIT 1`,
      );
      expect(last.rows).toEqual([{ kind: 'message_removed', subject_id: 't4' }]);
    } finally {
      await alone.close();
    }
  });

  it('does not see a save that deletes and re-inserts everything', async () => {
    await inTransaction(session('saved'), message('s1', 'saved'), message('s2', 'saved'));
    await inTransaction(...save('saved'));
    expect(await logOf('saved')).toHaveLength(3);
  });

  it('sees what a save adds, edits and leaves out', async () => {
    await inTransaction(session('mixed'), message('x1', 'mixed'), message('x2', 'mixed'), message('x3', 'mixed'));
    await inTransaction(
      ...save('mixed', `UPDATE kept SET content = 'edited' WHERE id = 'x1'`, `DELETE FROM kept WHERE id = 'x2'`),
      message('x4', 'mixed'),
    );
    // What was inserted is numbered first, in the order of its statements.
    expect((await logOf('mixed')).slice(4)).toEqual([
      '5 message_added x4 4',
      '6 message_edited x1 1',
      '7 message_removed x2 2',
    ]);
  });

  it('gives a message that comes back its old number', async () => {
    await inTransaction(session('back'), message('b1', 'back'));
    await run(`DELETE FROM messages WHERE id = 'b1'`);
    await run(message('b1', 'back'));
    expect((await logOf('back')).slice(2)).toEqual(['3 message_removed b1 1', '4 message_restored b1 1']);
  });

  it('knows nothing of what was rolled back, to a savepoint or as a whole', async () => {
    await inTransaction(
      session('rolled'),
      'SAVEPOINT a',
      message('r1', 'rolled'),
      'ROLLBACK TO a',
      message('r2', 'rolled'),
    );
    await inTransaction(message('r3', 'rolled'), 'SELECT 1 / 0').catch(() => undefined);
    await run(message('r4', 'rolled'));
    expect(await logOf('rolled')).toEqual(['1 session_created rolled', '2 message_added r2 1', '3 message_added r4 2']);
  });

  describe('of saves that are compared at once', () => {
    const fill = (sessionId: string, count: number): string =>
      `INSERT INTO messages (id, session_db_id, role, content)
       SELECT '${sessionId}-' || n, '${sessionId}', 'user', 'text' FROM generate_series(1, ${count}) AS n`;
    const filled = async (sessionId: string, count: number): Promise<void> => {
      await run(session(sessionId));
      await run(fill(sessionId, count));
    };
    const early = ['SET CONSTRAINTS ALL IMMEDIATE', 'SET CONSTRAINTS ALL DEFERRED'];
    const edited = (sessionId: string, count: number): string =>
      `UPDATE kept SET content = 'other' WHERE id IN (SELECT id FROM kept WHERE session_db_id = '${sessionId}' ORDER BY id LIMIT ${count})`;
    const kinds = async (sessionId: string): Promise<unknown> => {
      const { rows } = await run(
        `SELECT coalesce(jsonb_object_agg(kind, count), '{}') AS kinds FROM (
           SELECT kind, count(*) FROM scrollback.session_log WHERE session_id = $1 GROUP BY kind) AS counted`,
        [sessionId],
      );
      return rows[0]?.['kinds'];
    };
    const added = (count: number): object => ({ session_created: 1, message_added: count });

    it.each([20, 499, 501, 900])('tells each of %d edits, and nothing of the rest', async (count) => {
      const id = `edited ${count}`;
      await filled(id, 1000);
      await inTransaction(...save(id, edited(id, count)));
      expect(await kinds(id)).toEqual({ ...added(1000), message_edited: count });
    });

    it('forgets what an earlier comparison of the transaction found, however many differ at the next', async () => {
      await filled('again', 1000);
      await inTransaction(...save('again'), ...early, 'DROP TABLE kept', ...save('again', edited('again', 700)));
      expect(await kinds('again')).toEqual({ ...added(1000), message_edited: 700 });
    });

    it('takes no other session of the same lock for compared', async () => {
      await filled('north', 20);
      await filled('session 46', 20);
      await inTransaction(
        ...save('north'),
        message('another', 'session 46'),
        `DELETE FROM messages WHERE id = 'session 46-3'`,
      );
      expect(await kinds('north')).toEqual(added(20));
      expect(await kinds('session 46')).toEqual({ ...added(21), message_removed: 1 });
    });

    it('leaves nothing out where two sessions of one lock are rewritten', async () => {
      await filled('north two', 0);
      const [twin] = (
        await run(
          `SELECT 'twin ' || n AS id FROM generate_series(1, 100000) AS n
           WHERE scrollback.session_lock('twin ' || n) = scrollback.session_lock('north two') LIMIT 1`,
        )
      ).rows.map((row) => row['id'] as string) as [string];
      await filled(twin, 3);
      await run(fill('north two', 10));
      await inTransaction(
        `DELETE FROM messages WHERE session_db_id = 'north two'`,
        `DELETE FROM messages WHERE id = '${twin}-1'`,
        message('new of twin', twin),
      );
      expect(await kinds('north two')).toEqual({ ...added(10), message_removed: 10 });
      expect(await kinds(twin)).toEqual({ ...added(4), message_removed: 1 });
    });

    it('hears of inserts also where a trigger of others keeps the rows that were to be deleted', async () => {
      await filled('soft', 10);
      await run(`
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER zz_keep BEFORE DELETE ON messages FOR EACH ROW EXECUTE FUNCTION keep()`);
      try {
        await inTransaction(`DELETE FROM messages WHERE session_db_id = 'soft'`, message('new of soft', 'soft'));
      } finally {
        await run('DROP TRIGGER zz_keep ON messages; DROP FUNCTION keep');
      }
      expect(await kinds('soft')).toEqual(added(11));
    });

    it('loses nothing with the settings of a transaction, which somebody may reset', async () => {
      await filled('reset', 10);
      await inTransaction(
        ...save('reset'),
        message('new of reset', 'reset'),
        'RESET ALL',
        `DELETE FROM messages WHERE id = 'reset-3'`,
      );
      expect(await kinds('reset')).toEqual({ ...added(11), message_removed: 1 });
    });

    it('takes a session without a name for no other', async () => {
      await filled('', 10);
      await inTransaction(`UPDATE messages SET content = 'x' WHERE session_db_id = ''`, message('new of none', ''));
      expect(await kinds('')).toEqual({ ...added(11), message_edited: 10 });
    });

    it('is told of what triggers of others do at commit', async () => {
      await filled('purged', 700);
      await run(`
        CREATE FUNCTION purge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.closed_at IS NOT NULL THEN DELETE FROM messages WHERE session_db_id = NEW.id; END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER purge AFTER UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION purge()`);
      try {
        await inTransaction(...save('purged'), `UPDATE sessions SET closed_at = now() WHERE id = 'purged'`);
      } finally {
        await run('DROP TRIGGER purge ON sessions; DROP FUNCTION purge');
      }
      expect(await kinds('purged')).toEqual({ ...added(700), message_removed: 700, session_changed: 1 });
    });

    it('compares nothing while the row that others write for is on its way', async () => {
      await filled('trimmed', 30);
      await run(`
        CREATE FUNCTION trim_history() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE session_db_id = NEW.session_db_id ORDER BY id OFFSET 10);
          RETURN NEW; END $$;
        CREATE TRIGGER trim_history BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION trim_history()`);
      try {
        await inTransaction('SET CONSTRAINTS ALL IMMEDIATE', message('new', 'trimmed'));
      } finally {
        await run('DROP TRIGGER trim_history ON messages; DROP FUNCTION trim_history');
      }
      expect(await kinds('trimmed')).toEqual({ ...added(31), message_removed: 20 });
    });

    it('reads a session no more often than it is rewritten', async () => {
      await filled('slowly', 4000);
      const started = performance.now();
      await inTransaction(
        'SET CONSTRAINTS ALL IMMEDIATE',
        `DO $$ BEGIN FOR n IN 1..3000 LOOP DELETE FROM messages WHERE id = 'slowly-' || n; END LOOP; END $$`,
      );
      // Read at each row, it takes twenty seconds and more.
      expect(performance.now() - started).toBeLessThan(6000);
      expect(await kinds('slowly')).toEqual({ ...added(4000), message_removed: 3000 });
    });

    it('takes a transaction that was under way when it came for one that rewrote something', async () => {
      await filled('under way', 3);
      await inTransaction(
        message('u1', 'under way'),
        `SELECT set_config('scrollback.rewritten', 'yes', true)`,
        ...save('under way', `DELETE FROM kept WHERE id = 'u1'`),
      );
      expect(await kinds('under way')).toEqual(added(3));
    });
  });

  it('knows ids that the encoding of a client has no letters for', async () => {
    await run(session('encoded'));
    await run(message('5 €', 'encoded'));
    await inTransaction(`SET LOCAL client_encoding = 'LATIN1'`, `DELETE FROM messages WHERE session_db_id = 'encoded'`);
    expect(await logOf('encoded')).toEqual([
      '1 session_created encoded',
      '2 message_added 5 € 1',
      '3 message_removed 5 € 1',
    ]);
  });

  it('notes changes of a session, but not that its activity moved', async () => {
    await run(session('changed'));
    await run(`UPDATE sessions SET last_activity = now() WHERE id = 'changed'`);
    await run(`UPDATE sessions SET title = 'new' WHERE id = 'changed'`);
    expect(await logOf('changed')).toEqual(['1 session_created changed', '2 session_changed changed']);
  });

  it.each([
    ['title', `'t'`],
    ['description', `'d'`],
    ['is_active', 'false'],
    ['deleted_at', 'now()'],
    ['user_id', `'u'`],
    ['tenant_id', `'n'`],
    ['metadata', `'{"a": 1}'`],
    ['closed_at', 'now()'],
    ['archived_at', 'now()'],
    ['lifetime_seconds', '60'],
  ])('notes a change of a session: %s', async (column, value) => {
    const id = `of ${column}`;
    await run(session(id));
    const change = `UPDATE sessions SET ${column} = ${value}, last_activity = now() WHERE id = '${id}'`;
    await inTransaction(change, change);
    await run(`UPDATE sessions SET created_at = now(), ${column} = ${column} WHERE id = '${id}'`);
    expect(await logOf(id)).toEqual([`1 session_created ${id}`, `2 session_changed ${id}`]);
  });

  it('notes updates of what it keeps of a message, and of nothing else', async () => {
    await inTransaction(session('upd'), message('u1', 'upd'), message('u2', 'upd'));
    await run(
      `UPDATE messages SET token_count = 5, metadata_json = '{}', "timestamp" = now() WHERE session_db_id = 'upd'`,
    );
    await run(`UPDATE messages SET content = content WHERE session_db_id = 'upd'`);
    expect(await logOf('upd')).toHaveLength(3);
    await run(`UPDATE messages SET name = 'tool' WHERE id = 'u1'`);
    await inTransaction(
      `UPDATE messages SET content = 'other' WHERE id = 'u2'`,
      `UPDATE messages SET content = 'u2' WHERE id = 'u2'`,
    );
    expect((await logOf('upd')).slice(3)).toEqual(['4 message_edited u1 1']);
  });

  it('tells both sessions of a message that moves, and takes one with a new id for another one', async () => {
    await inTransaction(session('from'), session('to'), message('m1', 'from'), message('m2', 'from'));
    await run(`UPDATE messages SET session_db_id = 'to', content = 'moved' WHERE id = 'm1'`);
    await run(`UPDATE messages SET id = 'm3' WHERE id = 'm2'`);
    expect((await logOf('from')).slice(3)).toEqual([
      '4 message_removed m1 1',
      '5 message_removed m2 2',
      '6 message_added m3 3',
    ]);
    expect((await logOf('to')).slice(1)).toEqual(['2 message_added m1 1']);
  });

  it('notes approvals and agent switches', async () => {
    await run(session('busy'));
    await run(`INSERT INTO pending_approvals (id, request_id, session_id) VALUES ('ap', 'rq', 'busy')`);
    await run(`UPDATE pending_approvals SET status = 'approved' WHERE id = 'ap'`);
    await run(`DELETE FROM pending_approvals WHERE id = 'ap'`);
    await run(`INSERT INTO agent_contexts (id, session_db_id, current_agent) VALUES ('cx', 'busy', 'coder')`);
    await run(`INSERT INTO agent_switches (id, context_db_id, to_agent) VALUES ('sw', 'cx', 'coder')`);
    expect((await logOf('busy')).slice(1)).toEqual([
      '2 approval_requested ap',
      '3 approval_changed ap',
      '4 approval_removed ap',
      '5 agent_switched sw',
    ]);
  });

  it('stays dense and in order under concurrent writers of the same sessions, without deadlocks', async () => {
    const sessions = ['w0', 'w1', 'w2'];
    for (const id of sessions) await run(session(id));
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let turn = 0; turn < 25; turn += 1) {
        const ids = [sessions[(writer + turn) % 3], sessions[(writer * 2 + turn + 1) % 3]] as string[];
        const roll = turn % 5 === 4;
        const statements = ids.map((id, part) => message(`w-${writer}-${turn}-${part}`, id));
        await inTransaction(...statements, ...(roll ? ['SELECT 1 / 0'] : [])).catch((error: Error) => {
          if (!roll) throw error;
        });
      }
    });
    await Promise.all(writers);
    await numberMessages(test.service.agentRuntime);
    const { rows } = await run(
      `SELECT count(*)::int AS count, max(number)::int AS last, max(messages_added)::int AS added,
         count(*) FILTER (WHERE kind = 'message_added')::int AS messages, bool_and(rising) AS rising
       FROM (SELECT *, position > coalesce(lag(position) OVER (PARTITION BY session_id ORDER BY number), 0) AS rising
             FROM scrollback.session_log WHERE session_id = ANY ($1)) AS log GROUP BY session_id`,
      [sessions],
    );
    for (const row of rows) {
      expect(row['last']).toBe(row['count']);
      expect(row['added']).toBe(row['messages']);
      expect(row['rising']).toBe(true);
    }
    expect(rows.reduce((total, row) => total + Number(row['messages']), 0)).toBe(8 * 20 * 2);
  });

  it('keeps the horizon below what is not committed yet, and does not wait for transactions that only stay open', async () => {
    await run(session('hz'));
    const open = await test.service.agentRuntime.connect();
    const committing = await test.service.agentRuntime.connect();
    const horizon = async (): Promise<number> =>
      Number((await run('SELECT scrollback.log_horizon() AS h')).rows[0]?.['h']);
    try {
      await open.query('BEGIN');
      await open.query(message('h-open', 'hz'));
      await run(session('hz2'));
      expect(await horizon()).toBe(await lastPosition());

      await committing.query('BEGIN');
      await committing.query(`UPDATE sessions SET title = 'committing' WHERE id = 'hz2'`);
      // As in the middle of a commit: the triggers have run, the transaction is not over.
      await committing.query('SET CONSTRAINTS ALL IMMEDIATE');
      const before = await horizon();
      await run(session('hz3'));
      expect(await horizon()).toBe(before);
      expect(await lastPosition()).toBeGreaterThan(before);
      await committing.query('COMMIT');
      expect(await horizon()).toBe(await lastPosition());
    } finally {
      await open.query('ROLLBACK');
      open.release();
      committing.release();
    }
  });
});

async function lastPosition(): Promise<number> {
  const { rows } = await run('SELECT max(position)::int AS last FROM scrollback.session_log');
  return Number(rows[0]?.['last']);
}
