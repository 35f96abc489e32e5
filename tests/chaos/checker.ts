/**
 * Compares what clients were given with what the tables say in the end. Nothing here knows how delivery works; the
 * numbers in the comments are the invariants of docs/live-delivery.md.
 */

/** A message that is there in the end. */
export interface Committed {
  readonly messageId: string;
  readonly sessionId: string;
  /** Its number among the messages of its session. */
  readonly sequence: number;
  /** Its place among the events of all sessions. */
  readonly position: number;
}

export interface Delivery {
  readonly messageId: string;
  readonly sequence: number;
}

/** What one client was given, over all its connections, in the order in which it came. */
export interface Recording {
  readonly client: string;
  /** The session that it followed; null: all of them. */
  readonly sessionId: string | null;
  /** The place after which it began: a sequence, or a position where it followed all sessions. */
  readonly after: number;
  readonly deliveries: readonly Delivery[];
}

export interface Verdict {
  readonly expected: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Delivered, and not there in the end. */
  readonly phantom: number;
  /** Which ones, for the eye; at most some of each kind. */
  readonly examples: readonly string[];
}

const maxExamples = 10;

export function check(truth: readonly Committed[], recordings: readonly Recording[]): Verdict {
  return sum(recordings.map((recording) => checkOne(truth, recording)));
}

function sum(verdicts: readonly Verdict[]): Verdict {
  const total = (count: (verdict: Verdict) => number): number =>
    verdicts.reduce((subtotal, verdict) => subtotal + count(verdict), 0);
  return {
    expected: total((verdict) => verdict.expected),
    delivered: total((verdict) => verdict.delivered),
    lost: total((verdict) => verdict.lost),
    doubled: total((verdict) => verdict.doubled),
    outOfOrder: total((verdict) => verdict.outOfOrder),
    phantom: total((verdict) => verdict.phantom),
    examples: verdicts.flatMap((verdict) => verdict.examples).slice(0, maxExamples),
  };
}

function checkOne(truth: readonly Committed[], recording: Recording): Verdict {
  const placeOf = (message: Committed): number => (recording.sessionId === null ? message.position : message.sequence);
  const concerned = truth.filter(({ sessionId }) => recording.sessionId === null || sessionId === recording.sessionId);
  const expected = new Map(
    concerned.filter((message) => placeOf(message) > recording.after).map((message) => [message.messageId, message]),
  );
  const { deliveries, client } = recording;
  const given = new Set(deliveries.map(({ messageId }) => messageId));
  const lost = [...expected.keys()].filter((messageId) => !given.has(messageId)); // L1
  const doubled = repeated(deliveries.map(({ messageId }) => messageId)); // L2
  const known = deliveries.flatMap(({ messageId }) => expected.get(messageId) ?? []);
  const outOfOrder = known.filter((message, index) => index > 0 && isBefore(message, known[index - 1], placeOf)); // L3
  const phantom = deliveries.filter(({ messageId }) => !expected.has(messageId)); // L4
  const misnumbered = deliveries.filter((delivery) => isMisnumbered(delivery, expected)); // L3
  return {
    expected: expected.size,
    delivered: deliveries.length,
    lost: lost.length,
    doubled: doubled.length,
    outOfOrder: outOfOrder.length + misnumbered.length,
    phantom: phantom.length,
    examples: [
      ...lost.map((messageId) => `${client} lost ${messageId}`),
      ...doubled.map((messageId) => `${client} got ${messageId} again`),
      ...outOfOrder.map(({ messageId }) => `${client} got ${messageId} too late`),
      ...phantom.map(({ messageId }) => `${client} got ${messageId}, which is not there`),
    ].slice(0, maxExamples),
  };
}

const isBefore = (message: Committed, previous: Committed | undefined, placeOf: (of: Committed) => number): boolean =>
  previous !== undefined && placeOf(message) < placeOf(previous);

const isMisnumbered = ({ messageId, sequence }: Delivery, expected: ReadonlyMap<string, Committed>): boolean =>
  (expected.get(messageId)?.sequence ?? sequence) !== sequence;

function repeated(messageIds: readonly string[]): string[] {
  const seen = new Set<string>();
  return messageIds.filter((messageId) => {
    const again = seen.has(messageId);
    seen.add(messageId);
    return again;
  });
}

/** What a writer tried, and what it was told became of it. */
export interface Attempt {
  readonly messageId: string;
  readonly outcome: 'committed' | 'failed' | 'unknown';
}

export interface WriteVerdict {
  readonly committed: number;
  readonly failed: number;
  readonly unknown: number;
  /** Confirmed to the writer, and not there. */
  readonly vanished: number;
  /** Refused or rolled back, and there nevertheless. */
  readonly uninvited: number;
}

export function checkWrites(truth: ReadonlySet<string>, attempts: readonly Attempt[]): WriteVerdict {
  const count = (outcome: Attempt['outcome'], where: (messageId: string) => boolean = () => true): number =>
    attempts.filter((attempt) => attempt.outcome === outcome && where(attempt.messageId)).length;
  return {
    committed: count('committed'),
    failed: count('failed'),
    unknown: count('unknown'),
    vanished: count('committed', (messageId) => !truth.has(messageId)),
    uninvited: count('failed', (messageId) => truth.has(messageId)),
  };
}
