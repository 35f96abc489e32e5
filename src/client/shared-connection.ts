import { Connection, type ConnectionSettings } from './connection.ts';
import { UnauthenticatedError } from './errors.ts';
import { connectionInterrupted, Interruption } from './interruption.ts';
import { Recovery, type RecoverySettings } from './recovery.ts';

export type SharedConnectionSettings = ConnectionSettings &
  RecoverySettings & {
    /** Asked anew for every connection. */
    readonly credentials: () => Promise<Record<string, string>>;
  };

/** The one socket of all streams: when it breaks they wait together and open one new socket, not one each. */
export class SharedConnection {
  readonly #settings: SharedConnectionSettings;
  readonly #recovery: Recovery;
  readonly #waits = new WeakMap<Interruption, Promise<void>>();
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  constructor(settings: SharedConnectionSettings) {
    this.#settings = settings;
    this.#recovery = new Recovery(settings);
  }

  current(): Promise<Connection> {
    if (this.#opening !== undefined) return this.#opening;
    const connection = this.#connection;
    if (connection !== undefined && connection.interruption === undefined) return Promise.resolve(connection);
    this.#opening = this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Resolves when it is time to ask for the current connection again. Everyone who met the interruption waits for the same. */
  recover(interruption: Interruption): Promise<void> {
    const known = this.#waits.get(interruption);
    if (known !== undefined) return known;
    const wasHealthy = this.#connection?.interruption === interruption && this.#connection.wasHealthy;
    const wait = this.#recovery.after(interruption, wasHealthy, this.#closing.signal);
    this.#waits.set(interruption, wait);
    return wait;
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
  }

  async #open(): Promise<Connection> {
    const credentials = await this.#credentials();
    if (this.#closing.signal.aborted) throw connectionInterrupted('The client was closed.', 'CLOSED');
    this.#connection = new Connection(this.#settings, credentials);
    await this.#connection.acknowledged;
    return this.#connection;
  }

  async #credentials(): Promise<Record<string, string>> {
    try {
      return await this.#settings.credentials();
    } catch (error) {
      if (error instanceof UnauthenticatedError) throw new Interruption(error, 'never', 'connection');
      throw connectionInterrupted('There is no token at the moment.', 'NO_TOKEN', error);
    }
  }
}
