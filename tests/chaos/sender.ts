import { setTimeout as sleep } from 'node:timers/promises';
import { internalApiKey } from './gateway-process.ts';
import type { Ledger } from './ledger.ts';
import type { SeededRandom } from './random.ts';
import { keyOf } from './recorder.ts';

export interface SenderOptions {
  readonly name: string;
  readonly urls: readonly string[];
  readonly sessions: readonly string[];
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  readonly pauseMs: number;
}

interface Answer {
  readonly data?: { readonly sendMessage?: { readonly message: { readonly id: string } } } | null;
  readonly errors?: readonly unknown[];
}

const mutation = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }`;
const timeoutMs = 3000;

/** Sends messages through gateways, each again with the same clientMessageId until some gateway confirms it. */
export class Sender {
  /** The sender's own ids that were confirmed, with the message's. */
  readonly confirmed = new Map<string, string>();
  readonly #options: SenderOptions;
  readonly #work: Promise<void>;
  #stopping = false;
  #attempts = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#work = this.#sendUntilStopped();
  }

  /** How often a message was sent again. */
  get retries(): number {
    return this.#attempts - this.confirmed.size;
  }

  /** Waits until the last message is confirmed, so there must be a gateway to do it. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#work;
  }

  async #sendUntilStopped(): Promise<void> {
    for (let count = 1; !this.#stopping; count += 1) {
      await this.#sendUntilConfirmed(`${this.#options.name}-${count}`);
      await sleep(this.#options.random.below(this.#options.pauseMs));
    }
  }

  async #sendUntilConfirmed(clientMessageId: string): Promise<void> {
    const { random, sessions, ledger } = this.#options;
    const sessionId = random.pick(sessions);
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      this.#attempts += 1;
      try {
        const messageId = await this.#send(sessionId, clientMessageId);
        this.confirmed.set(clientMessageId, messageId);
        return ledger.note([messageId], 'committed');
      } catch (error) {
        ledger.noteError(error);
        await sleep(20 + random.below(100));
      }
    }
  }

  async #send(sessionId: string, clientMessageId: string): Promise<string> {
    const response = await fetch(this.#options.random.pick(this.#options.urls), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-auth': internalApiKey },
      body: JSON.stringify({
        query: mutation,
        variables: { input: { sessionId, clientMessageId, content: clientMessageId } },
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { data, errors } = (await response.json()) as Answer;
    const id = data?.sendMessage?.message.id;
    if (id === undefined) throw new Error(`refused: ${JSON.stringify(errors?.map((error) => codeOf(error)))}`);
    return keyOf(id);
  }
}

const codeOf = (error: unknown): unknown => (error as { extensions?: { code?: unknown } }).extensions?.code;
