import { sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';
import type { Log } from '../../shared/log.ts';
import { repeat, type Repeated } from '../../shared/repeat.ts';
import type { Viewer } from './viewer.ts';

/** What takes tokens back before they end. Times are in milliseconds since 1970. */
interface Revocation {
  readonly id: number;
  readonly at: number;
  readonly userId: string | null;
  readonly clientId: string | null;
  readonly family: readonly number[] | null;
  readonly spared: readonly number[];
}

const everyMs = 1000;
const patienceMs = 5000;
/** Ids are given out before their rows can be seen, so what is recent is read again. */
const overlapMs = 10_000;

/**
 * The revocations of auth_db, read once a second for all viewers together. While auth_db is away those that are known
 * hold, and tokens are good until they end.
 */
export class Revocations {
  readonly #auth: Database;
  readonly #known = new Map<string, Map<number, Revocation>>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  #latest = 0;
  #reading: Repeated | null = null;

  constructor(auth: Database) {
    this.#auth = auth;
  }

  start(log: Log): void {
    this.#reading = repeat('revocations', everyMs, () => this.read(), log);
  }

  async stop(): Promise<void> {
    await this.#reading?.stop();
  }

  isRevoked(viewer: Viewer): boolean {
    return subjectsOf(viewer).some((subject) =>
      [...(this.#known.get(subject)?.values() ?? [])].some((revocation) => concerns(revocation, viewer)),
    );
  }

  /** Calls the listener when the viewer's token is taken back, unless the returned function is called before. */
  onRevoked(viewer: Viewer, listener: () => void): () => void {
    if (this.isRevoked(viewer)) listener();
    const watcher: Watcher = { viewer, listener };
    const subjects = subjectsOf(viewer);
    for (const subject of subjects) {
      this.#watchers.set(subject, (this.#watchers.get(subject) ?? new Set()).add(watcher));
    }
    return () => {
      for (const subject of subjects) {
        const watchers = this.#watchers.get(subject);
        watchers?.delete(watcher);
        if (watchers?.size === 0) this.#watchers.delete(subject);
      }
    };
  }

  async read(): Promise<void> {
    const since = this.#latest - overlapMs;
    const rows = await this.#auth.query<Revocation>(
      sql`SELECT id, extract(epoch FROM at)::float8 * 1000 AS at, user_id AS "userId", client_id AS "clientId",
            ARRAY(SELECT extract(epoch FROM made)::float8 * 1000 FROM unnest(family) AS made) AS family,
            ARRAY(SELECT extract(epoch FROM made)::float8 * 1000 FROM unnest(spared) AS made) AS spared
          FROM scrollback.revocations WHERE at >= to_timestamp(${since / 1000}::float8) ORDER BY at`,
      { withinMs: patienceMs },
    );
    for (const row of rows) this.#learn(row);
  }

  #learn(revocation: Revocation): void {
    this.#latest = Math.max(this.#latest, revocation.at);
    const subject = subjectOf(revocation);
    const known = this.#known.get(subject) ?? new Map<number, Revocation>();
    if (known.has(revocation.id)) return;
    this.#known.set(subject, known.set(revocation.id, revocation));
    for (const { viewer, listener } of this.#watchers.get(subject) ?? []) if (concerns(revocation, viewer)) listener();
  }
}

interface Watcher {
  readonly viewer: Viewer;
  readonly listener: () => void;
}

const subjectOf = ({ userId, clientId }: Pick<Revocation, 'userId' | 'clientId'>): string =>
  userId === null ? `client ${clientId}` : `user ${userId}`;

const subjectsOf = ({ userId, clientId }: Viewer): string[] => [
  ...(userId === null ? [] : [subjectOf({ userId, clientId: null })]),
  ...(clientId === null ? [] : [subjectOf({ userId: null, clientId })]),
];

/** Tokens say the second they were made in, so those of the revocation's own second count as made before it. */
function concerns({ at, clientId, family, spared }: Revocation, viewer: Viewer): boolean {
  const issuedAt = viewer.issuedAt ?? 0;
  if (issuedAt > at || (clientId !== null && clientId !== viewer.clientId)) return false;
  if (family === null || family.length === 0) return true;
  return distance(issuedAt, family) <= distance(issuedAt, spared);
}

/**
 * An access token does not say its family; but it was made together with one of the family's refresh tokens, so it
 * belongs where the nearest of them does.
 */
const distance = (issuedAt: number, made: readonly number[]): number =>
  Math.min(Infinity, ...made.map((at) => Math.abs(Math.floor(at / 1000) * 1000 - issuedAt)));
