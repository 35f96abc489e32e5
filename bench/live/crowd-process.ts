/** A crowd of subscribers in a process of its own, which counts what they get. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Subscriber, type Subscription } from './subscriber.ts';

export type CrowdOrder =
  | { readonly do: 'open'; readonly subscriptions: readonly Subscription[] }
  /** Resolves when every subscriber has had so many events, or after the time. */
  | { readonly do: 'await'; readonly events: number; readonly withinMs: number }
  /** Counts from zero again. */
  | { readonly do: 'reset' }
  /** From now on the moments at which numbered events come are noted. */
  | { readonly do: 'note-moments' }
  | { readonly do: 'moments' }
  | { readonly do: 'close' };

export interface CrowdState {
  readonly subscribers: number;
  /** Of the subscriber that has had the fewest, and of all together. */
  readonly fewest: number;
  readonly total: number;
  /** When the last event came: nanoseconds of the machine's monotonic clock. */
  readonly lastAt: bigint;
  readonly failures: readonly string[];
  readonly sample: string;
}

/** [number of the event, when it came] */
export type Moments = readonly (readonly [number: number, at: bigint])[];

const opensAtOnce = 64;
const numberMark = 'event ';

let subscribers: Subscriber[] = [];
let counts = new Int32Array(0);
let lastAt = 0n;
let sample = '';
let failures: string[] = [];
let moments: [number, bigint][] | null = null;

function take(index: number, frame: Buffer): void {
  counts[index] = (counts[index] ?? 0) + 1;
  lastAt = process.hrtime.bigint();
  if (sample === '') sample = frame.toString();
  if (moments === null) return;
  const text = frame.toString('latin1');
  const mark = text.indexOf(numberMark);
  if (mark !== -1) moments.push([Number.parseInt(text.slice(mark + numberMark.length), 10), lastAt]);
}

async function open(subscriptions: readonly Subscription[]): Promise<void> {
  counts = new Int32Array(subscriptions.length);
  for (let start = 0; start < subscriptions.length; start += opensAtOnce) {
    const some = subscriptions
      .slice(start, start + opensAtOnce)
      .map((subscription, index) => new Subscriber(subscription, (frame) => take(start + index, frame)));
    subscribers.push(...some);
    await Promise.all(some.map((one) => one.subscribed.catch((error: unknown) => failures.push(String(error)))));
  }
}

const state = (): CrowdState => ({
  subscribers: subscribers.length,
  fewest: counts.reduce((least, count) => Math.min(least, count), Number.MAX_SAFE_INTEGER),
  total: counts.reduce((sum, count) => sum + count, 0),
  lastAt,
  failures,
  sample,
});

async function awaitEvents(events: number, withinMs: number): Promise<CrowdState> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && counts.some((count) => count < events)) await sleep(20);
  return state();
}

function close(): void {
  for (const subscriber of subscribers) subscriber.close();
  subscribers = [];
  failures = [];
  sample = '';
  moments = null;
}

async function obey(order: CrowdOrder): Promise<CrowdState | Moments> {
  switch (order.do) {
    case 'open':
      await open(order.subscriptions);
      return state();
    case 'await':
      return awaitEvents(order.events, order.withinMs);
    case 'reset':
      counts.fill(0);
      return state();
    case 'note-moments':
      moments = [];
      return state();
    case 'moments':
      return moments ?? [];
    case 'close': {
      const last = state();
      close();
      return last;
    }
  }
}

process.on('message', (order: CrowdOrder) => {
  void obey(order).then((answer) => process.send?.(answer));
});
