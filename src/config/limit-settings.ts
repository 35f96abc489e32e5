import { onOff, redisUrl, wholeNumber } from './setting-kinds.ts';

const kilo = 1024;
const mega = 1024 * 1024;
const large = 2 ** 31 - 1;

const count = (standard: number) => wholeNumber(0, large).default(standard);
const atLeastOne = (standard: number) => wholeNumber(1, large).default(standard);

/** How much one request, one client or all of them may ask of the gateway. Where 0 is allowed it means no limit. */
export const limitSettings = {
  MAX_REQUEST_BYTES: wholeNumber(kilo, 64 * mega).default(1_000_000),
  MAX_HEADER_BYTES: wholeNumber(kilo, mega).default(16 * kilo),
  MAX_TOKENS: wholeNumber(100, 100_000).default(5_000),
  MAX_DEPTH: atLeastOne(20),
  MAX_FIELDS: atLeastOne(2_000),
  MAX_ROOT_FIELDS: atLeastOne(20),
  MAX_ALIASES: count(50),
  MAX_DIRECTIVES: count(50),
  MAX_DUPLICATE_FIELDS: count(50),
  MAX_FRAGMENTS: atLeastOne(100),
  MAX_COST: atLeastOne(100_000),
  DOCUMENT_CACHE_BYTES: wholeNumber(mega, large).default(32 * mega),
  PERSISTED_QUERIES: onOff().default(true),
  TRUSTED_DOCUMENTS: onOff().default(false),
  OPERATION_TIMEOUT_MS: count(30_000),

  RATE_LIMIT_ADDRESS: count(500),
  RATE_LIMIT_USER: count(100),
  RATE_LIMIT_TENANT: count(2_000),
  RATE_LIMIT_BURST_SECONDS: atLeastOne(10),
  RATE_LIMIT_REDIS_URL: redisUrl().optional(),

  MAX_CONNECTIONS: atLeastOne(25_000),
  MAX_SOCKETS: atLeastOne(20_000),
  MAX_SOCKETS_PER_TENANT: count(15_000),
  MAX_SOCKETS_PER_USER: count(100),
  MAX_OPERATIONS: atLeastOne(100_000),
  MAX_OPERATIONS_PER_TENANT: count(75_000),
  MAX_OPERATIONS_PER_USER: count(1_000),
  MAX_OPERATIONS_PER_SOCKET: atLeastOne(100),
  MAX_MESSAGES_PER_SECOND: atLeastOne(200),
  MAX_UNREAD_BYTES: count(256 * mega),
  MAX_UNREAD_BYTES_PER_TENANT: count(192 * mega),
  MAX_UNREAD_BYTES_PER_USER: count(32 * mega),
  MAX_UNREAD_BYTES_PER_SOCKET: count(8 * mega),
  MAX_CONNECTS_AT_ONCE: atLeastOne(64),
  MAX_CONNECTS_WAITING: atLeastOne(2_000),
  CONNECTION_INIT_TIMEOUT_MS: wholeNumber(100, 600_000).default(5_000),
  HEARTBEAT_INTERVAL_MS: wholeNumber(100, 600_000).default(12_000),
  HEADERS_TIMEOUT_MS: wholeNumber(100, 600_000).default(10_000),
  REQUEST_TIMEOUT_MS: wholeNumber(100, 600_000).default(30_000),
  KEEP_ALIVE_TIMEOUT_MS: wholeNumber(100, 600_000).default(65_000),
  OVERLOAD_LAG_MS: count(1_000),
  OVERLOAD_WAITING_READS: count(2_000),
};
