import type { Shares } from '../../config/limits.ts';
import type { CallerKeys } from './caller.ts';
import { rateLimited } from './refused.ts';

/** Gives one seat back; more than once is once. */
export type Release = () => void;

/** How many of something there are at the same time: of each user, of each tenant and in all. */
export class Seats {
  readonly #limit: string;
  readonly #things: string;
  readonly #shares: Shares;
  readonly #byKey = new Map<string, number>();
  #total = 0;

  /** `limit` is the setting's name, `things` what a client calls them. */
  constructor(limit: string, things: string, shares: Shares) {
    this.#limit = limit;
    this.#things = things;
    this.#shares = shares;
  }

  /** Throws RATE_LIMITED where all seats are taken. */
  take({ user, tenant }: CallerKeys): Release {
    const { gateway, tenant: perTenant, user: perUser } = this.#shares;
    if (this.#isFull(user, perUser)) throw this.#refusal('_PER_USER', perUser, 'for each user');
    if (this.#isFull(tenant, perTenant)) throw this.#refusal('_PER_TENANT', perTenant, 'for each tenant');
    if (gateway > 0 && this.#total >= gateway) throw this.#refusal('', gateway, 'in all');
    this.#add(user, tenant, 1);
    let taken = true;
    return () => {
      if (taken) this.#add(user, tenant, -1);
      taken = false;
    };
  }

  get total(): number {
    return this.#total;
  }

  #isFull(key: string | null, maximum: number): boolean {
    return key !== null && maximum > 0 && (this.#byKey.get(key) ?? 0) >= maximum;
  }

  #refusal(suffix: string, maximum: number, whose: string): Error {
    const message = `There are at most ${maximum} ${this.#things} at the same time ${whose}; close some, or try later.`;
    return rateLimited(`${this.#limit}${suffix}`, maximum, message);
  }

  #add(user: string | null, tenant: string | null, change: 1 | -1): void {
    this.#total += change;
    for (const key of [user, tenant]) {
      if (key === null) continue;
      const count = (this.#byKey.get(key) ?? 0) + change;
      if (count > 0) this.#byKey.set(key, count);
      else this.#byKey.delete(key);
    }
  }
}
