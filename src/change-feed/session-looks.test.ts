import { afterEach, expect, it, vi } from 'vitest';
import type { Database } from '../databases/database.ts';
import { allSessionsTopic, sessionTopic } from './contract.ts';
import { SessionLooks } from './session-looks.ts';
import { Topics } from './topics.ts';

afterEach(() => void vi.useRealTimers());

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
async function looksAt(...answers: (Partial<Record<keyof typeof nothing, unknown>> | Error)[]) {
  const waiting = [nothing, { ...nothing, numbered: [], positions: [], leftOut: [] }, ...answers];
  const query = (): Promise<unknown[]> => {
    const answer = waiting.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve([{ ...nothing, ...answer }]);
  };
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
  // Who follows everything has not been able to read it until the horizon passed it.
  expect(await topics()).toEqual([allSessionsTopic]);
  expect(await topics()).toContain(sessionTopic('a'));
});

it('looks again soon for a second, and not for as long as a horizon is held back', async () => {
  vi.useFakeTimers();
  const above = { changed: ['a'], lastPositions: [12], ages: [1] };
  const looks = await looksAt(above, above, above, { ...above, horizon: 11 });
  const unsettledAfter = async (ms: number): Promise<unknown> => {
    await vi.advanceTimersByTimeAsync(ms);
    return (await looks.look(0)).unsettled;
  };
  expect([await unsettledAfter(0), await unsettledAfter(900), await unsettledAfter(200)]).toEqual([true, true, false]);
  expect(await unsettledAfter(0)).toBe(true);
});

it('looks again soon for what is held since a moment ago, whatever else is held for long', async () => {
  vi.useFakeTimers();
  const holding = (...leftOut: string[]) => ({ noted: leftOut, notedAge: 1, numbered: [], positions: [], leftOut });
  const looks = await looksAt(holding('a'), nothing, holding('a'), nothing, holding('a', 'b'));
  expect(await looks.look(0)).toMatchObject({ unsettled: true });
  await vi.advanceTimersByTimeAsync(1100);
  expect(await looks.look(0)).toMatchObject({ unsettled: false });
  expect(await looks.look(0)).toMatchObject({ unsettled: true });
});

it('begins anew after a look that failed, which the next one would as well', async () => {
  const looks = await looksAt(new Error('too slow'), { horizon: 20 });
  await expect(looks.look(0)).rejects.toThrow('too slow');
  expect(await looks.look(0)).toMatchObject({ changed: 'all', upTo: 20 });
});

it('begins anew when nobody has listened for long', async () => {
  vi.useFakeTimers();
  const looks = await looksAt({ horizon: 20 });
  await vi.advanceTimersByTimeAsync(150_000);
  expect(await looks.look(0)).toMatchObject({ changed: 'all', upTo: 20 });
});

it('asks one thing where nothing waits, however many are followed', async () => {
  const topics = new Topics();
  for (let number = 0; number < 1000; number += 1) topics.listen(sessionTopic(String(number)), () => undefined);
  const asked = vi.fn<() => Promise<unknown[]>>(() => Promise.resolve([nothing]));
  const looks = new SessionLooks({ query: asked } as unknown as Database, topics);
  await looks.look(0);
  asked.mockClear();
  await looks.look(0);
  expect(asked).toHaveBeenCalledTimes(1);
});

it('has everybody look where the horizon has gone back', async () => {
  const looks = await looksAt({ horizon: 9 });
  expect(await looks.look(0)).toMatchObject({ changed: 'all' });
});
