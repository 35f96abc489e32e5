import type { Feeds, LogEvent, LogFeed, LogPlace } from '../../src/change-feed/contract.ts';
import { Topics } from '../../src/change-feed/topics.ts';
import { Live } from '../../src/live/live.ts';
import { cursorDiverged } from '../../src/shared/cursor-codec.ts';
import { unavailable } from '../../src/shared/errors.ts';
import { turns } from './turns.ts';

/** Logs in memory, which answer a little later, and not at all while they are away. */
export class MemoryLogs {
  readonly topics = new Topics();
  readonly live: Live;
  readonly #logs = new Map<string, LogEvent[]>();
  isAway = false;
  batches: number[] = [];
  pages = 0;
  pageTurns = 2;

  constructor() {
    const feeds: Feeds = {
      session: (sessionId) => this.#feed(sessionId),
      allSessions: () => this.#feed('all'),
      audit: () => this.#feed('audit'),
      sessionPages: async (places, limit) => {
        this.batches.push(places.length);
        return this.#answer(() => places.map(({ sessionId, place }) => this.#page(sessionId, place, limit)));
      },
    };
    this.live = new Live(feeds, this.topics);
  }

  add(sessionId: string, count = 1, { size = 10, history = 1 } = {}): void {
    const log = this.#log(sessionId);
    for (let added = 0; added < count; added += 1) {
      const number = log.length + 1;
      const chain = Buffer.alloc(32, history);
      chain.writeUInt32BE(number, 0);
      log.push({
        sessionId,
        number,
        position: number,
        kind: 'message_added',
        subjectId: `${sessionId}-${number}`,
        messageSequence: number,
        chain,
        createdAt: new Date(0),
        place: { number, fingerprint: chain.subarray(0, 8) },
        size,
        readAt: 0,
      });
    }
  }

  /** As a restore does: only so many events are left. */
  restore(sessionId: string, left: number): void {
    this.#log(sessionId).splice(left);
  }

  wake(...sessionIds: string[]): void {
    for (const sessionId of sessionIds) this.topics.wake(sessionId);
  }

  placeAt(sessionId: string, number: number): LogPlace {
    return this.#log(sessionId)[number - 1]?.place ?? { number: 0, fingerprint: Buffer.alloc(8) };
  }

  texts(sessionId: string): string[] {
    return this.#log(sessionId).map(({ subjectId }) => subjectId);
  }

  #feed(sessionId: string): LogFeed {
    return {
      topic: sessionId,
      head: () => {
        return this.#answer(() => this.placeAt(sessionId, this.#log(sessionId).length));
      },
      pageAfter: async (place, limit) => {
        this.pages += 1;
        const page = await this.#answer(() => this.#page(sessionId, place, limit), this.pageTurns);
        if (page === null) throw cursorDiverged();
        return page;
      },
    };
  }

  #page(sessionId: string, { number, fingerprint }: LogPlace, limit: number): LogEvent[] | null {
    if (number > 0 && this.#log(sessionId)[number - 1]?.place.fingerprint.equals(fingerprint) !== true) return null;
    return this.#log(sessionId).slice(number, number + limit);
  }

  #log(sessionId: string): LogEvent[] {
    const log = this.#logs.get(sessionId) ?? [];
    this.#logs.set(sessionId, log);
    return log;
  }

  /** What was there when the question arrived, some time after it was asked and before the answer is here. */
  async #answer<Answer>(look: () => Answer, answerTurns = 2): Promise<Answer> {
    await turns(1);
    if (this.isAway) throw unavailable('The database');
    const answer = look();
    await turns(answerTurns);
    return answer;
  }
}
