import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const everyMs = 100;
const batch = 5000;

/** Numbers messages as gateways do, and nothing else: what is left of the log's cost when writers have paid theirs. */
export class Numberer {
  readonly #client: pg.Client;
  #work: Promise<void> | null = null;
  #stopping = false;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<Numberer> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new Numberer(client);
  }

  /** Until nothing of what was written before is left to anybody's chores. */
  async catchUp(): Promise<void> {
    while ((await this.#number()) > 0);
    while ((await this.#index()) > 0);
    await this.#client.query('VACUUM scrollback.unnumbered_messages, scrollback.message_documents');
  }

  begin(): void {
    this.#stopping = false;
    this.#work = this.#numberAgainAndAgain();
  }

  async end(): Promise<void> {
    this.#stopping = true;
    await this.#work;
    while ((await this.#number()) > 0);
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  async #numberAgainAndAgain(): Promise<void> {
    while (!this.#stopping) {
      await this.#number();
      await sleep(everyMs);
    }
  }

  async #number(): Promise<number> {
    const { rows } = await this.#client.query<{ numbered: number }>(
      `SELECT numbered FROM scrollback.number_messages(${batch})`,
    );
    return rows[0]?.numbered ?? 0;
  }

  async #index(): Promise<number> {
    const { rows } = await this.#client.query<{ taken: number }>(
      `SELECT scrollback.index_documents(${batch}) AS taken`,
    );
    return rows[0]?.taken ?? 0;
  }
}
