import type { Settings } from './settings.ts';

/** Of one kind of thing, in all and for each of those who may have it; 0 = no limit. */
export interface Shares {
  readonly gateway: number;
  readonly tenant: number;
  readonly user: number;
}

export interface DocumentLimits {
  readonly tokens: number;
  readonly depth: number;
  readonly fields: number;
  readonly rootFields: number;
  readonly aliases: number;
  readonly directives: number;
  readonly duplicateFields: number;
  readonly fragments: number;
  readonly cost: number;
  readonly cacheBytes: number;
}

/** Operations per second; costly, long and unknown ones count more than once. */
export interface RateLimits {
  readonly address: number;
  readonly user: number;
  readonly tenant: number;
  readonly burstSeconds: number;
  /** null = each gateway counts for itself. */
  readonly redisUrl: string | null;
}

export interface SocketLimits {
  readonly sockets: Shares;
  readonly unreadBytes: Shares & { readonly socket: number };
  readonly messagesPerSecond: number;
  readonly connectsAtOnce: number;
  readonly connectsWaiting: number;
  readonly initTimeoutMs: number;
  readonly heartbeatMs: number;
}

export interface HttpLimits {
  readonly requestBytes: number;
  readonly headerBytes: number;
  readonly connections: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

export interface Limits {
  readonly document: DocumentLimits;
  readonly rate: RateLimits;
  readonly socket: SocketLimits;
  readonly http: HttpLimits;
  /** Running at the same time; `socket` also of one HTTP connection. */
  readonly operations: Shares & { readonly socket: number };
  readonly operationTimeoutMs: number;
  readonly overload: { readonly lagMs: number; readonly waitingReads: number };
}

export function limitsOf(settings: Settings): Limits {
  return Object.freeze({
    document: documentLimits(settings),
    rate: rateLimits(settings),
    socket: socketLimits(settings),
    http: httpLimits(settings),
    operations: Object.freeze({ ...shares(settings, 'MAX_OPERATIONS'), socket: settings.MAX_OPERATIONS_PER_SOCKET }),
    operationTimeoutMs: settings.OPERATION_TIMEOUT_MS,
    overload: Object.freeze({ lagMs: settings.OVERLOAD_LAG_MS, waitingReads: settings.OVERLOAD_WAITING_READS }),
  });
}

type SharedName = 'MAX_OPERATIONS' | 'MAX_SOCKETS' | 'MAX_UNREAD_BYTES';

const shares = (settings: Settings, name: SharedName): Shares => ({
  gateway: settings[name],
  tenant: settings[`${name}_PER_TENANT`],
  user: settings[`${name}_PER_USER`],
});

const documentLimits = (settings: Settings): DocumentLimits =>
  Object.freeze({
    tokens: settings.MAX_TOKENS,
    depth: settings.MAX_DEPTH,
    fields: settings.MAX_FIELDS,
    rootFields: settings.MAX_ROOT_FIELDS,
    aliases: settings.MAX_ALIASES,
    directives: settings.MAX_DIRECTIVES,
    duplicateFields: settings.MAX_DUPLICATE_FIELDS,
    fragments: settings.MAX_FRAGMENTS,
    cost: settings.MAX_COST,
    cacheBytes: settings.DOCUMENT_CACHE_BYTES,
  });

const rateLimits = (settings: Settings): RateLimits =>
  Object.freeze({
    address: settings.RATE_LIMIT_ADDRESS,
    user: settings.RATE_LIMIT_USER,
    tenant: settings.RATE_LIMIT_TENANT,
    burstSeconds: settings.RATE_LIMIT_BURST_SECONDS,
    redisUrl: settings.RATE_LIMIT_REDIS_URL ?? null,
  });

const socketLimits = (settings: Settings): SocketLimits =>
  Object.freeze({
    sockets: Object.freeze(shares(settings, 'MAX_SOCKETS')),
    unreadBytes: Object.freeze({
      ...shares(settings, 'MAX_UNREAD_BYTES'),
      socket: settings.MAX_UNREAD_BYTES_PER_SOCKET,
    }),
    messagesPerSecond: settings.MAX_MESSAGES_PER_SECOND,
    connectsAtOnce: settings.MAX_CONNECTS_AT_ONCE,
    connectsWaiting: settings.MAX_CONNECTS_WAITING,
    initTimeoutMs: settings.CONNECTION_INIT_TIMEOUT_MS,
    heartbeatMs: settings.HEARTBEAT_INTERVAL_MS,
  });

const httpLimits = (settings: Settings): HttpLimits =>
  Object.freeze({
    requestBytes: settings.MAX_REQUEST_BYTES,
    headerBytes: settings.MAX_HEADER_BYTES,
    connections: settings.MAX_CONNECTIONS,
    headersTimeoutMs: settings.HEADERS_TIMEOUT_MS,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: settings.KEEP_ALIVE_TIMEOUT_MS,
  });
