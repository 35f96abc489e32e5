export const lacksReplication = 'the role lacks the right (REPLICATION)';

/** By SQLSTATE, Node's code or the name of NATS' error: why a road does not work, in words that name no host, role or database. */
const reasons: Readonly<Record<string, string>> = {
  '42501': 'the role lacks a right: it needs CONNECT on the database',
  '55000': 'wal_level is not logical',
  '53400': 'all replication slots are in use',
  '53300': 'all connections are in use',
  '42710': 'another gateway watches',
  '42704': 'the publication scrollback_log is missing; run the migrations',
  '25006': 'the server is read-only',
  '08P01': 'a pooler does not let it through',
  '28P01': 'the role is not let in',
  '28000': 'the role is not let in',
  ECONNREFUSED: 'the server cannot be reached',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'the server cannot be reached',
  ETIMEDOUT: 'the server cannot be reached',
  JetStreamNotEnabled: 'the NATS server has no JetStream',
  NoResponders: 'the NATS server has no JetStream',
  AuthorizationError: 'NATS does not let us in',
  ConnectionError: 'NATS cannot be reached',
  TimeoutError: 'NATS does not answer in time',
  UNAVAILABLE: 'the database does not answer',
};

/** What we say ourselves about a road. */
export class RoadProblem extends Error {}

export const silence =
  'what was sent did not arrive in time, as behind a pooler in transaction mode or on a dead connection';

const unknown = 'it failed; the log says how';

/** For everybody to read; what exactly happened is for the log. */
export function reasonOf(error: unknown): string {
  if (error instanceof RoadProblem) return error.message;
  if (!(error instanceof Error)) return unknown;
  const code = 'code' in error ? String(error.code) : '';
  return reasons[code] ?? reasons[error.name] ?? unknown;
}
