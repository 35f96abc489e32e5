import { expect, it } from 'vitest';
import type { Database } from '../databases/database.ts';
import { sessionTopic } from './contract.ts';
import { SessionLooks } from './session-looks.ts';
import { Topics } from './topics.ts';

const nothing = {
  horizon: 10,
  changed: null,
  lastPositions: null,
  ages: null,
  noted: null,
  notedAge: null,
  nextTransaction: '5',
  inFlight: [],
  numbered: null,
  positions: null,
  leftOut: null,
};

/** Looks at what a database answers, one after the other, while somebody follows the session `a`. */
async function looksAt(...answers: Partial<Record<keyof typeof nothing, unknown>>[]) {
  const first = { ...nothing };
  const waiting = [first, { ...nothing, numbered: [], positions: [], leftOut: [] }, ...answers];
  const query = (): Promise<unknown[]> => Promise.resolve([{ ...nothing, ...waiting.shift() }]);
  const topics = new Topics();
  topics.listen(sessionTopic('a'), () => undefined);
  const looks = new SessionLooks({ query } as unknown as Database, topics);
  await looks.look(0);
  return looks;
}

it('tells of what was noted and others have numbered before it could', async () => {
  const looks = await looksAt({ noted: ['a', 'b'], notedAge: 1, numbered: [], positions: [], leftOut: [] });
  expect(await looks.look(0)).toMatchObject({ changed: [sessionTopic('a')], found: 2, age: 1, unsettled: false });
});

it('does not tell of what others hold, and looks again soon', async () => {
  const looks = await looksAt({ noted: ['a'], notedAge: 1, numbered: [], positions: [], leftOut: ['a'] });
  expect(await looks.look(0)).toMatchObject({ changed: [], unsettled: true });
});

it('tells once of what stays above the horizon, and of what comes after it', async () => {
  const above = { changed: ['a'], lastPositions: [12], ages: [1] };
  const looks = await looksAt(above, above, { changed: ['a'], lastPositions: [13], ages: [1] });
  const topics = async (): Promise<unknown> => (await looks.look(0)).changed;
  expect(await topics()).toContain(sessionTopic('a'));
  expect(await topics()).not.toContain(sessionTopic('a'));
  expect(await topics()).toContain(sessionTopic('a'));
});

it('has everybody look where the horizon has gone back', async () => {
  const looks = await looksAt({ horizon: 9 });
  expect(await looks.look(0)).toMatchObject({ changed: 'all' });
});
