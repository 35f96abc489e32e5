import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import type { Client } from 'graphql-ws';

export interface Collected<Item> {
  readonly items: Item[];
  readonly errors: unknown[];
  /** Resolves when so many items are there; rejects after the time. */
  until(count: number, timeoutMs?: number): Promise<Item[]>;
  readonly ended: Promise<void>;
  stop(): void;
}

/** Subscribes and keeps what comes; `pick` takes the item out of the data. */
export function collect<Item, Result = never>(
  client: Client,
  document: string | TypedDocumentNode<Result, never>,
  variables: Record<string, unknown>,
  pick: (data: Result) => Item,
): Collected<Item> {
  const query = typeof document === 'string' ? document : print(document);
  const items: Item[] = [];
  const errors: unknown[] = [];
  const waiting = new Set<() => void>();
  const ended = Promise.withResolvers<void>();
  const news = (): void => waiting.forEach((check) => check());
  const stop = client.subscribe(
    { query, variables },
    {
      next: (result) => {
        if (result.errors !== undefined) errors.push(...result.errors);
        if (result.data != null) items.push(pick(result.data as Result));
        news();
      },
      error: (error) => {
        errors.push(error);
        ended.resolve();
        news();
      },
      complete: () => ended.resolve(),
    },
  );
  return {
    items,
    errors,
    ended: ended.promise,
    stop,
    until: (count, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(check);
          reject(
            new Error(`${items.length} of ${count} items after ${timeoutMs} ms; errors: ${JSON.stringify(errors)}`),
          );
        }, timeoutMs);
        const check = (): void => {
          if (items.length < count) return;
          clearTimeout(late);
          waiting.delete(check);
          resolve(items);
        };
        waiting.add(check);
        check();
      }),
  };
}
