import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { addMessages, addSession } from '../../tests/support/people.ts';
import { createFeeds } from './feeds.ts';

let test: TestDatabases;
beforeAll(async () => {
  test = await testDatabases();
});
afterAll(() => test.close());

describe('the feed of all sessions', () => {
  it('goes on from a place above the horizon, where the cursor of a single session may lie', async () => {
    const feeds = createFeeds(test.databases);
    await addSession(test, 'slow', null);
    await addSession(test, 'quick', null);
    const slow = await test.service.agentRuntime.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(`UPDATE sessions SET title = 'slower' WHERE id = 'slow'`);
      // Its events have places now, and it has not committed: the horizon stays below them.
      await slow.query('SET CONSTRAINTS ALL IMMEDIATE');
      await addMessages(test, 'quick', 1, 1);
      await numberMessages(test.service.agentRuntime);
      const events = await feeds.session('quick').pageAfter({ number: 0, fingerprint: Buffer.alloc(8) }, 10);
      const [last] = events.slice(-1);
      expect(last?.subjectId).toBe('quick-1');
      const all = feeds.allSessions();
      const place = { number: last?.position ?? 0, fingerprint: last?.place.fingerprint ?? Buffer.alloc(8) };
      expect(await all.pageAfter(place, 10)).toEqual([]);
      await slow.query('COMMIT');
      await addMessages(test, 'quick', 2, 2);
      await numberMessages(test.service.agentRuntime);
      expect((await all.pageAfter(place, 10)).map((event) => event.subjectId)).toEqual(['quick-2']);
    } finally {
      await slow.query('ROLLBACK');
      slow.release();
    }
  });
});
