import { expect, it } from 'vitest';
import { Seats } from './seats.ts';

const anna = { user: 'user anna', tenant: 'tenant a' };
const boris = { user: 'user boris', tenant: 'tenant a' };
const carla = { user: 'user carla', tenant: 'tenant b' };
const internal = { user: null, tenant: null };

function refusal(take: () => unknown): unknown {
  try {
    take();
  } catch (error) {
    return (error as { details: { limit: string } }).details.limit;
  }
  return null;
}

it('are bounded for each user, each tenant and in all', () => {
  const seats = new Seats('MAX_THINGS', 'things', { user: 2, tenant: 3, gateway: 4 });
  seats.take(anna);
  seats.take(anna);
  expect(refusal(() => seats.take(anna))).toBe('MAX_THINGS_PER_USER');
  seats.take(boris);
  expect(refusal(() => seats.take(boris))).toBe('MAX_THINGS_PER_TENANT');
  seats.take(carla);
  expect(refusal(() => seats.take(carla))).toBe('MAX_THINGS');
  expect(refusal(() => seats.take(internal))).toBe('MAX_THINGS');
});

it('are given back once', () => {
  const seats = new Seats('MAX_THINGS', 'things', { user: 1, tenant: 0, gateway: 0 });
  const release = seats.take(anna);
  release();
  release();
  expect(seats.total).toBe(0);
  seats.take(anna);
  expect(refusal(() => seats.take(anna))).toBe('MAX_THINGS_PER_USER');
});

it('are not counted for those who have no name', () => {
  const seats = new Seats('MAX_THINGS', 'things', { user: 1, tenant: 1, gateway: 0 });
  const releases = [seats.take(internal), seats.take(internal)];
  expect(seats.total).toBe(2);
  for (const release of releases) release();
  expect(seats.total).toBe(0);
});

it.each([
  [{ user: 1, tenant: 0, gateway: 0 }, 'for each user'],
  [{ user: 0, tenant: 1, gateway: 0 }, 'for each tenant'],
  [{ user: 0, tenant: 0, gateway: 1 }, 'in all'],
])('%o are refused in words', (shares, whose) => {
  const seats = new Seats('MAX_THINGS', 'things', shares);
  seats.take(anna);
  expect(() => seats.take(anna)).toThrow(
    `There are at most 1 things at the same time ${whose}; close some, or try later.`,
  );
});
