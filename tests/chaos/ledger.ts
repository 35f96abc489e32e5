import type { Attempt } from './checker.ts';

/** What the writers tried, and when they were told that it is committed. */
export class Ledger {
  readonly attempts: Attempt[] = [];
  /** By message, in milliseconds of performance.now(). */
  readonly committedAt = new Map<string, number>();
  readonly errors = new Map<string, number>();

  note(messageIds: readonly string[], outcome: Attempt['outcome']): void {
    const now = performance.now();
    for (const messageId of messageIds) {
      this.attempts.push({ messageId, outcome });
      if (outcome === 'committed') this.committedAt.set(messageId, now);
    }
  }

  noteError(error: unknown): void {
    const { code, message } = error as { code?: string; message: string };
    const kind = code ?? message;
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
  }
}
