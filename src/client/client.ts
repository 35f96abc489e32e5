import { leavable, sleep } from './abort.ts';
import type { WebSocketClass } from './connection.ts';
import type { CursorStore } from './cursor-store.ts';
import { Follower, type FollowPlan } from './follow.ts';
import { beginningOfFeed, isMessageHole, startOfAuditLogs, startOfMessages, type From } from './gateway-lists.ts';
import type { RetryNotice } from './recovery.ts';
import { SharedConnection } from './shared-connection.ts';

export interface ScrollbackClientOptions {
  /** The gateway's GraphQL address: http, https, ws or wss. */
  readonly url: string;
  /** Asked before every connection, so that each has a fresh one. Throw UnauthenticatedError where there will be none. */
  readonly token?: () => string | Promise<string>;
  /** For internal services, instead of a token. */
  readonly internalKey?: string;
  /** Node 20 has none of its own: pass `WebSocket` of the package `ws`. */
  readonly webSocketImpl?: WebSocketClass;
  readonly cursorStore?: CursorStore;
  /** Called before each wait: for a log, or for a banner that says "connecting again". */
  readonly onRetry?: (notice: RetryNotice) => void;
  readonly ackTimeoutMs?: number;
  readonly pingIntervalMs?: number;
  readonly pongTimeoutMs?: number;
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly healthyAfterMs?: number;
  readonly maxUnread?: number;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface FollowOptions {
  /** Go on after this cursor. */
  readonly after?: string | null;
  readonly from?: From;
  /** Name in the cursor store; what is kept there comes before `after` and `from`. */
  readonly key?: string;
  readonly signal?: AbortSignal;
  /** The node's fields, in GraphQL. */
  readonly select?: string;
}

export interface FilteredFollowOptions extends FollowOptions {
  readonly filter?: Readonly<Record<string, unknown>>;
}

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

/** What is selected of a message unless told otherwise. */
export interface MessageFields {
  readonly id: string;
  readonly role: string;
  readonly content: string | null;
  readonly createdAt: string;
}

export interface AuditLogFields {
  readonly id: string;
  readonly eventType: string;
  readonly success: boolean;
  readonly createdAt: string;
}

type Followed<Item> = AsyncIterableIterator<Item, void>;

export interface ScrollbackClient {
  /** Every message of one session, each once and in order. With `select` say the fields' types: `messages<{ content: string }>(…)`. */
  messages<Fields = MessageFields>(
    sessionId: string,
    options?: FollowOptions,
  ): Followed<Edge<Fields & { readonly sequence: number }>>;
  /** The messages of all sessions that the viewer may read, in the order of commits. */
  messageFeed<Fields = MessageFields & { readonly session: { readonly id: string } }>(
    options?: FilteredFollowOptions,
  ): Followed<Edge<Fields & { readonly sequence: number }>>;
  auditLogs<Fields = AuditLogFields>(options?: FilteredFollowOptions): Followed<Edge<Fields>>;
  /** Any subscription whose items carry cursors. */
  follow<Item>(plan: FollowPlan<Item>): Followed<Item>;
  /** Ends every stream quietly and closes the socket. */
  close(): void;
}

const messageFields = 'id role content createdAt';
const auditLogFields = 'id eventType success createdAt';

export function createScrollbackClient(options: ScrollbackClientOptions): ScrollbackClient {
  const settings = settingsOf(options);
  const closing = new AbortController();
  const sharing = new Sharing(() => new SharedConnection(settings));

  const follow = <Item>(plan: FollowPlan<Item>): Followed<Item> => {
    if (plan.key !== undefined && settings.cursorStore === null) throw new TypeError('A key needs a cursorStore.');
    const items = (signal: AbortSignal): AsyncGenerator<Item, void> =>
      sharing.use((shared) => new Follower(plan, settings, shared, signal).items());
    return leavable(items, closing.signal, plan.signal);
  };

  return {
    follow,
    close: () => closing.abort(),
    messages: <Fields>(sessionId: string, { from = 'now', select = messageFields, ...place }: FollowOptions = {}) =>
      follow<Edge<Fields & { sequence: number }>>({
        ...place,
        query: `subscription ($sessionId: ID!, $after: String) {
          messageAdded(sessionId: $sessionId, after: $after) { cursor node { sequence ${select} } } }`,
        variables: { sessionId },
        cursorOf: ({ cursor }) => cursor,
        sequenceOf: ({ node }) => node.sequence,
        confirmHole: (ask, gap) => isMessageHole(ask, sessionId, gap),
        start: (ask) => startOfMessages(ask, sessionId, from),
      }),
    messageFeed: <Fields>({ from = 'now', filter, select, ...place }: FilteredFollowOptions = {}) =>
      follow<Edge<Fields & { sequence: number }>>({
        ...place,
        query: `subscription ($filter: MessageSearchFilter, $after: String) {
          messageFeed(filter: $filter, after: $after) { cursor node { sequence ${select ?? `${messageFields} session { id }`} } } }`,
        variables: { filter },
        cursorOf: ({ cursor }) => cursor,
        ...(from === 'beginning' ? { start: beginningOfFeed } : {}),
      }),
    auditLogs: <Fields>({ from = 'now', filter, select = auditLogFields, ...place }: FilteredFollowOptions = {}) =>
      follow<Edge<Fields>>({
        ...place,
        query: `subscription ($filter: AuditLogFilter, $after: String) {
          auditLogAdded(filter: $filter, after: $after) { cursor node { ${select} } } }`,
        variables: { filter },
        cursorOf: ({ cursor }) => cursor,
        start: (ask) => startOfAuditLogs(ask, from),
      }),
  };
}

/** One connection for all who use it at the same time; the last one to leave closes it. */
class Sharing {
  readonly #create: () => SharedConnection;
  #shared: SharedConnection | undefined;
  #users = 0;

  constructor(create: () => SharedConnection) {
    this.#create = create;
  }

  async *use<Item>(run: (shared: SharedConnection) => AsyncGenerator<Item, void>): AsyncGenerator<Item, void> {
    const shared = (this.#shared ??= this.#create());
    this.#users += 1;
    try {
      yield* run(shared);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        shared.close();
        this.#shared = undefined;
      }
    }
  }
}

function settingsOf(options: ScrollbackClientOptions) {
  const { token, internalKey } = options;
  return {
    url: socketUrlOf(options.url),
    webSocketImpl: options.webSocketImpl ?? platformWebSocket(),
    credentials: async (): Promise<Record<string, string>> => ({
      ...(token === undefined ? {} : { authorization: `Bearer ${await token()}` }),
      ...(internalKey === undefined ? {} : { 'x-internal-auth': internalKey }),
    }),
    cursorStore: options.cursorStore ?? null,
    onRetry: options.onRetry ?? (() => undefined),
    ackTimeoutMs: options.ackTimeoutMs ?? 10_000,
    pingIntervalMs: options.pingIntervalMs ?? 10_000,
    pongTimeoutMs: options.pongTimeoutMs ?? 5_000,
    minDelayMs: options.minDelayMs ?? 500,
    maxDelayMs: options.maxDelayMs ?? 30_000,
    healthyAfterMs: options.healthyAfterMs ?? 10_000,
    maxUnread: options.maxUnread ?? 1000,
    random: options.random ?? Math.random,
    now: options.now ?? Date.now,
    sleep: options.sleep ?? sleep,
  };
}

function socketUrlOf(address: string): string {
  const url = new URL(address);
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = '';
  return url.href;
}

function platformWebSocket(): WebSocketClass {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketClass };
  if (WebSocket === undefined) throw new TypeError('There is no WebSocket here; pass one as webSocketImpl.');
  return WebSocket;
}
