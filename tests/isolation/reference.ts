import type { TestDatabases } from '../support/databases.ts';

/**
 * Who may see what, once more, from the table in docs/security.md: over rows as they lie in the tables, and without a
 * line of the gateway's code.
 */

/** Who asks, as the token says it; null for an internal service with its key. */
export interface Person {
  readonly userId: string | null;
  readonly tenantId: string;
  readonly scopes: readonly string[];
}

type Row = Readonly<Record<string, string | null>>;

export interface Dump {
  readonly sessions: ReadonlyMap<string, Row>;
  readonly messages: readonly Row[];
  readonly approvals: readonly Row[];
  readonly switches: readonly Row[];
  readonly events: readonly Row[];
  readonly users: ReadonlyMap<string, Row>;
  readonly tokens: readonly Row[];
  readonly trail: readonly Row[];
}

const byId = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map((row) => [String(row['id']), row]));

export async function dump({ service }: TestDatabases): Promise<Dump> {
  const runtime = async (text: string): Promise<Row[]> => (await service.agentRuntime.query<Row>(text)).rows;
  const auth = async (text: string): Promise<Row[]> => (await service.auth.query<Row>(text)).rows;
  return {
    sessions: byId(await runtime('SELECT id, user_id, tenant_id, deleted_at::text FROM sessions')),
    messages: await runtime(
      `SELECT id, session_db_id AS session, (content LIKE '%zebra%')::text AS found FROM messages`,
    ),
    approvals: await runtime('SELECT id, session_id AS session FROM pending_approvals'),
    switches: await runtime(
      'SELECT w.id, c.session_db_id AS session FROM agent_switches w JOIN agent_contexts c ON c.id = w.context_db_id',
    ),
    events: await runtime('SELECT id, session_id AS session, user_id, tenant_id FROM scrollback.chat_events'),
    users: byId(await auth('SELECT id, tenant_id FROM users')),
    tokens: await auth('SELECT id, user_id FROM refresh_tokens'),
    trail: await auth('SELECT audit_log_id AS id, user_id, tenant_id FROM scrollback.audit_entries'),
  };
}

export const may = (person: Person, ...scopes: string[]): boolean =>
  [...scopes, 'api:admin'].some((scope) => person.scopes.includes(scope));
const isAdmin = (person: Person): boolean => may(person);
const mayConverse = (person: Person): boolean => may(person, 'api:read', 'api:write', 'tenant:admin');
const isSelf = (person: Person, userId: unknown): boolean => person.userId !== null && person.userId === userId;

/** The kinds of things, as global ids name them, and which of them a person may see. */
export class Reference {
  readonly #seen: ReadonlyMap<string, ReadonlySet<string>>;
  readonly person: Person;
  readonly #data: Dump;

  constructor(person: Person, data: Dump) {
    this.person = person;
    this.#data = data;
    const idsOf = (rows: Iterable<Row>, isSeen: (row: Row) => boolean): Set<string> =>
      new Set([...rows].filter(isSeen).map((row) => String(row['id'])));
    const inSeenSession = (row: Row): boolean => isAdmin(person) || this.seesSession(row['session']);
    this.#seen = new Map([
      ['Session', idsOf(data.sessions.values(), (row) => this.seesSession(row['id']))],
      ['Message', idsOf(data.messages, inSeenSession)],
      ['Approval', idsOf(data.approvals, inSeenSession)],
      ['AgentSwitch', idsOf(data.switches, inSeenSession)],
      ['ChatEvent', idsOf(data.events, (row) => this.#seesEvent(row))],
      ['User', idsOf(data.users.values(), (row) => this.#seesUser(row))],
      ['RefreshToken', idsOf(data.tokens, (row) => this.#seesToken(row))],
      ['AuditLog', idsOf(data.trail, (row) => this.#seesTrail(row))],
    ]);
  }

  sees(kind: string, id: string): boolean {
    // Applications belong to the platform; a call belongs to its message.
    if (kind === 'OAuthClient') return true;
    if (kind === 'ToolCall')
      return [...id.matchAll(/:/g)].some(({ index }) => this.sees('Message', id.slice(0, index)));
    return this.#seen.get(kind)?.has(id) ?? false;
  }

  seesSession(id: string | null | undefined): boolean {
    const session = this.#data.sessions.get(id ?? '');
    return this.seesSessionUndeleted(id) && (isAdmin(this.person) || session?.['deleted_at'] === null);
  }

  /** Whether it would be seen, had it not been deleted. */
  seesSessionUndeleted(id: string | null | undefined): boolean {
    const session = this.#data.sessions.get(id ?? '');
    if (session === undefined) return false;
    if (isAdmin(this.person)) return true;
    if (!mayConverse(this.person)) return false;
    if (session['tenant_id'] !== this.person.tenantId || session['user_id'] === null) return false;
    return may(this.person, 'tenant:admin') || isSelf(this.person, session['user_id']);
  }

  /** The ids of a list that has no filter, or one by equality; null for a list that is not known here. */
  list(field: string, parentId: string | null, filter: Readonly<Record<string, unknown>>): string[] | null {
    const { sessions, messages, approvals, switches, events, users, tokens, trail } = this.#data;
    const seen = (kind: string, rows: Iterable<Row>, isWanted: (row: Row) => boolean): string[] =>
      [...rows].filter((row) => isWanted(row) && this.sees(kind, String(row['id']))).map((row) => String(row['id']));
    const listed = (row: Row): boolean =>
      (filter['status'] !== undefined || row['deleted_at'] === null) &&
      is(row['user_id'], filter['ownerId']) &&
      is(row['tenant_id'], filter['tenantId']);
    const ofParent = (column: string) => (row: Row) => row[column] === parentId;
    switch (field) {
      case 'Query.sessions':
        return seen('Session', sessions.values(), listed);
      case 'Query.approvals':
        return seen('Approval', approvals, (row) => is(row['session'], filter['sessionId']));
      case 'Query.users':
        return seen('User', users.values(), (row) => is(row['tenant_id'], filter['tenantId']));
      case 'Query.auditLogs':
        return seen('AuditLog', trail, (row) => is(row['user_id'], filter['userId']));
      case 'Query.searchMessages':
        return seen('Message', messages, (row) => {
          const session = sessions.get(row['session'] ?? '');
          const wanted = filter['sessionIds'] as string[] | undefined;
          return (
            row['found'] === 'true' &&
            session?.['deleted_at'] === null &&
            is(session['user_id'], filter['ownerId']) &&
            (wanted?.includes(row['session'] ?? '') ?? true)
          );
        });
      case 'Session.messages':
        return seen('Message', messages, ofParent('session'));
      case 'Session.approvals':
        return seen('Approval', approvals, ofParent('session'));
      case 'Session.agentSwitches':
        return seen('AgentSwitch', switches, ofParent('session'));
      case 'Session.events':
        return seen('ChatEvent', events, ofParent('session'));
      case 'User.sessions':
        return seen('Session', sessions.values(), (row) => row['user_id'] === parentId && row['deleted_at'] === null);
      case 'User.auditLogs':
        return seen('AuditLog', trail, ofParent('user_id'));
      case 'User.refreshTokens':
        return seen('RefreshToken', tokens, ofParent('user_id'));
      default:
        return null;
    }
  }

  messagesIn(sessionId: string): number {
    return this.#data.messages.filter((row) => row['session'] === sessionId).length;
  }

  #seesEvent(event: Row): boolean {
    if (isAdmin(this.person)) return true;
    if (event['session'] !== null) return this.seesSession(event['session']);
    if (event['tenant_id'] !== this.person.tenantId) return false;
    return may(this.person, 'tenant:admin') || (mayConverse(this.person) && isSelf(this.person, event['user_id']));
  }

  #seesUser(user: Row): boolean {
    if (isAdmin(this.person)) return true;
    if (user['tenant_id'] !== this.person.tenantId) return false;
    return may(this.person, 'tenant:admin', 'audit:read') || isSelf(this.person, user['id']);
  }

  #seesToken(token: Row): boolean {
    if (isAdmin(this.person)) return true;
    if (this.#data.users.get(token['user_id'] ?? '')?.['tenant_id'] !== this.person.tenantId) return false;
    return may(this.person, 'tenant:admin') || (mayConverse(this.person) && isSelf(this.person, token['user_id']));
  }

  #seesTrail(entry: Row): boolean {
    if (isAdmin(this.person)) return true;
    if (entry['tenant_id'] !== this.person.tenantId) return false;
    return may(this.person, 'audit:read') || (mayConverse(this.person) && isSelf(this.person, entry['user_id']));
  }
}

const is = (value: unknown, wanted: unknown): boolean => wanted === undefined || value === wanted;
