import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { seededRandom, type SeededRandom } from '../chaos/random.ts';
import type { TestDatabases } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import { Documents, withValue, type Position, type RootType, type Values } from './documents.ts';
import { ask, credentialsOf, somebody } from './people.ts';
import { dump, may, Reference, type Dump, type Person } from './reference.ts';
import { comparable, Scan } from './scan.ts';
import { change, uuidOf } from './world.ts';

export interface Outcome {
  readonly cases: Readonly<Record<string, number>>;
  /** Things in answers that were looked up in the reference. */
  readonly looked: number;
  readonly leaks: readonly string[];
  /** Fields of the schema that no document asked for; subscriptions are walked by a test of their own. */
  readonly unasked: readonly string[];
}

/** What root fields ask of a token, as docs/security.md has it; the rest is for `api:read`. */
const ownRules: Readonly<Record<string, readonly string[] | null>> = {
  'Query.viewer': null,
  'Query.oauthClients': [],
  'Query.node': ['api:read', 'tenant:admin', 'audit:read'],
  'Query.nodes': ['api:read', 'tenant:admin', 'audit:read'],
  'Query.user': ['api:read', 'tenant:admin', 'audit:read'],
  'Query.users': ['api:read', 'tenant:admin', 'audit:read'],
  'Query.auditLog': ['api:read', 'tenant:admin', 'audit:read'],
  'Query.auditLogs': ['api:read', 'tenant:admin', 'audit:read'],
  'Mutation.recordAuditLog': [],
  'Mutation.setUserActive': ['tenant:admin'],
};

const mayCall = (person: Person, rootType: RootType, field: string): boolean => {
  const rule = ownRules[`${rootType}.${field}`];
  if (rule === null) return true;
  return may(person, ...(rule ?? [rootType === 'Mutation' ? 'api:write' : 'api:read', 'tenant:admin']));
};

/** What an id in a place of this name is mostly of. */
const kindsByName: Readonly<Record<string, string>> = {
  sessionId: 'Session',
  sessionIds: 'Session',
  messageId: 'Message',
  approvalId: 'Approval',
  userId: 'User',
  ownerId: 'User',
  tokenIds: 'RefreshToken',
  session: 'Session',
  message: 'Message',
  approval: 'Approval',
  user: 'User',
  auditLog: 'AuditLog',
};

const globalIdOf = (kind: string, key: string): string => Buffer.from(`${kind}:${key}`).toString('base64url');

/** Mutations whose second call answers otherwise than the first, so that two of the same cannot be compared. */
const once = /^(decide|cancel|close|archive|delete|switch)/;

const parallel = 4;
/** Two that write to the same session would see each other's words. */
const alone = 1;

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** Asks and compares, round after round; between the rounds the tables change. */
export class Run {
  readonly #test: TestDatabases;
  readonly #gateway: TestGateway;
  readonly #random: SeededRandom;
  readonly #documents: Documents;
  readonly #cases: Record<string, number> = {};
  readonly #leaks = new Set<string>();
  readonly #cursors: { field: string; cursor: string; person: Person }[] = [];
  #looked = 0;
  #data!: Dump;
  #ids!: ReadonlyMap<string, readonly string[]>;

  constructor(test: TestDatabases, gateway: TestGateway, seed: number) {
    this.#test = test;
    this.#gateway = gateway;
    this.#random = seededRandom(seed);
    this.#documents = new Documents(buildSchema(readFileSync('schema.graphql', 'utf8')), this.#random);
  }

  async rounds(cases: number, casesPerRound = 250): Promise<Outcome> {
    while (Object.values(this.#cases).reduce((sum, count) => sum + count, 0) < cases) {
      await change(this.#test, this.#random);
      await this.#readTables();
      await this.#many(casesPerRound * 0.5, () => this.#readCase());
      await this.#many(casesPerRound * 0.3, () => this.#idCase());
      await this.#many(casesPerRound * 0.05, () => this.#socketCase());
      await this.#many(casesPerRound * 0.05, () => this.#cursorCase());
      await this.#many(casesPerRound * 0.1, () => this.#nameCase(), alone);
    }
    const unasked = this.#documents
      .fields()
      .filter((field) => !field.startsWith('Subscription.') && !this.#documents.asked.has(field));
    return { cases: this.#cases, looked: this.#looked, leaks: [...this.#leaks], unasked };
  }

  async #readTables(): Promise<void> {
    this.#data = await dump(this.#test);
    const { sessions, messages, approvals, switches, events, users, tokens, trail } = this.#data;
    const lists = {
      Session: sessions.values(),
      Message: messages,
      Approval: approvals,
      AgentSwitch: switches,
      ChatEvent: events,
      User: users.values(),
      RefreshToken: tokens,
      AuditLog: trail,
    };
    this.#ids = new Map(Object.entries(lists).map(([kind, rows]) => [kind, [...rows].map((row) => String(row['id']))]));
  }

  /** Cases are drawn one after the other, so that a seed says which they are, and asked several at once. */
  async #many(count: number, draw: () => (() => Promise<void>) | null, atOnce = parallel): Promise<void> {
    const drawn = Array.from({ length: Math.ceil(count) }, draw).filter((work) => work !== null);
    const workers = Array.from({ length: atOnce }, async () => {
      for (let work = drawn.pop(); work !== undefined; work = drawn.pop()) await work();
    });
    await Promise.all(workers);
  }

  #count(kind: string, problems: readonly string[], asked: object, person: Person): void {
    this.#cases[kind] = (this.#cases[kind] ?? 0) + 1;
    for (const problem of problems)
      this.#leaks.add(`${problem} — to ${JSON.stringify(person)} who asked ${JSON.stringify(asked).slice(0, 600)}`);
  }

  /** Anything that can be read, by anybody; the answer is compared with the reference. */
  #readCase(): () => Promise<void> {
    const random = this.#random;
    const person = somebody(random);
    const field = random.pick(this.#documents.rootFields('Query'));
    const reference = new Reference(person, this.#data);
    const required = this.#documents.required('Query', field, (name, scalar) =>
      this.#value(name, scalar, field, reference),
    );
    const [filter, bare] = random.below(2) === 0 ? this.#filter(field) : [{}, {}];
    const first = this.#documents.takes('Query', field, 'first') ? { first: 200 } : {};
    const values = { ...required, ...first, ...filter, ...(field === 'nodes' ? { ids: this.#oneOfEachKind() } : {}) };
    const document = this.#documents.write('Query', field, values);
    return async () => {
      const answer = (await ask(this.#gateway, person, document, values)) as Answer;
      const scan = new Scan(reference, bare);
      const problems = scan.answer(answer, 'Query');
      const isForbidden = answer.errors?.some(({ extensions }) => extensions?.code === 'FORBIDDEN') ?? false;
      if (isForbidden === mayCall(person, 'Query', field))
        problems.push(`${field} is ${isForbidden ? '' : 'not '}forbidden`);
      const odd = answer.errors?.find(
        ({ extensions }) => !['FORBIDDEN', 'BAD_USER_INPUT', 'UNAVAILABLE'].includes(extensions?.code ?? ''),
      );
      if (odd !== undefined) problems.push(`${field} answers ${JSON.stringify(odd)}`);
      this.#looked += scan.looked;
      this.#keepCursors(field, answer, person);
      this.#count('reads', problems, { document, values }, person);
    };
  }

  #oneOfEachKind(): string[] {
    return [...this.#ids].map(([kind, ids]) => globalIdOf(kind, this.#random.pick(ids)));
  }

  /** A filter by one equality, as it is sent and as the reference takes it. */
  #filter(field: string): [Values, Values] {
    const positions = this.#documents
      .positions('Query', 'ID')
      .filter(({ field: of, path }) => of === field && path[0] === 'filter');
    if (positions.length === 0) return [{}, {}];
    const position = this.#random.pick(positions);
    const name = position.path.at(-1) as string;
    const id = this.#random.pick(this.#ids.get(kindsByName[name] as string) as string[]);
    const sent = this.#inSomeForm(kindsByName[name] as string, id);
    return [withValue({}, position, sent), { [name]: position.isList ? [id] : id }];
  }

  /** Ids that are somebody else's are answered like ids that nobody has. */
  #idCase(): (() => Promise<void>) | null {
    const drawn = this.#drawForeign(this.#random.pick(['Query', 'Mutation'] as const));
    if (drawn === null) return null;
    const { person, position, document, foreign, absent, words } = drawn;
    return async () => {
      const one = await ask(this.#gateway, person, document, foreign);
      const other = await ask(this.#gateway, person, document, absent);
      const scan = new Scan(new Reference(person, this.#data));
      const problems = position.path[0] === 'filter' ? [] : scan.answer(one, position.rootType);
      if (comparable(one, words) !== comparable(other, words)) problems.push(differ(position, one, other));
      this.#count('ids', problems, { document, foreign }, person);
    };
  }

  /** The same on a websocket. */
  #socketCase(): (() => Promise<void>) | null {
    const drawn = this.#drawForeign('Subscription');
    if (drawn === null || drawn.position.path[0] !== 'sessionId') return null;
    const { person, position, document, foreign, absent, words } = drawn;
    return async () => {
      const [one, other] = await this.#firstAnswers(person, document, [foreign, absent]);
      const problems = comparable(one, words) === comparable(other, words) ? [] : [differ(position, one, other)];
      this.#count('sockets', problems, { document, foreign }, person);
    };
  }

  async #firstAnswers(person: Person, query: string, each: readonly Values[]): Promise<unknown[]> {
    const headers = await credentialsOf(this.#gateway, person);
    const client = createClient({
      url: this.#gateway.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: headers,
      retryAttempts: 0,
    });
    try {
      const answers: unknown[] = [];
      for (const variables of each) {
        const silence = AbortSignal.timeout(5000);
        const quiet = new Promise((resolve) =>
          silence.addEventListener('abort', () => resolve('it is open'), { once: true }),
        );
        const first = client.iterate({ query, variables }).next();
        answers.push(await Promise.race([first.catch((error: unknown) => error), quiet]));
      }
      return answers;
    } finally {
      await client.dispose();
    }
  }

  /** A place for an id, one that is there and not this person's, and one that is nowhere. */
  #drawForeign(rootType: RootType) {
    const random = this.#random;
    const person = somebody(random);
    const reference = new Reference(person, this.#data);
    const position = random.pick(this.#documents.positions(rootType, 'ID'));
    const name = position.path.at(-1) as string;
    const usual = kindsByName[name === 'id' ? position.field : name];
    const kind = usual !== undefined && random.below(4) > 0 ? usual : random.pick([...this.#ids.keys()]);
    const id = random.pick(this.#ids.get(kind) as string[]);
    // One's own id is told by one's own token, whichever tenant the account has moved to since.
    if (id === person.userId) return null;
    // The same text may be the id of something that this person may see.
    if (person.scopes.includes('api:admin') || [...this.#ids.keys()].some((of) => reference.sees(of, id))) return null;
    // Deleting can be repeated by whoever could delete.
    if (position.field === 'deleteSession' && reference.seesSessionUndeleted(id)) return null;
    // Somebody whom one does not see may have left what one does see.
    if (
      position.path[0] === 'filter' &&
      reference.list(`${rootType}.${position.field}`, null, { [name]: position.isList ? [id] : id })?.length !== 0
    )
      return null;
    const absentId = /^[0-9a-f]{8}-/.test(id) ? uuidOf(random) : `absent-${random.below(1_000_000)}`;
    const asGlobal = random.below(2) === 0;
    const [given, absentGiven] = [id, absentId].map((key) => (asGlobal ? globalIdOf(kind, key) : key)) as [
      string,
      string,
    ];
    const values = this.#documents.required(rootType, position.field, (of, scalar) =>
      this.#value(of, scalar, position.field, reference, true),
    );
    const foreign = withValue(values, position, given);
    const document = this.#documents.write(rootType, position.field, foreign, 1);
    return {
      person,
      position,
      document,
      foreign,
      absent: withValue(values, position, absentGiven),
      words: [id, absentId, given, absentGiven],
    };
  }

  /** Names that clients choose: one that somebody else uses is as good as one that nobody uses. */
  #nameCase(): (() => Promise<void>) | null {
    const random = this.#random;
    const person = somebody(random);
    if (person.scopes.includes('api:admin')) return null;
    const reference = new Reference(person, this.#data);
    const position = random.pick(
      this.#documents.positions('Mutation', 'String').filter(({ field }) => !once.test(field)),
    );
    const values = this.#documents.required('Mutation', position.field, (name, scalar) =>
      this.#value(name, scalar, position.field, reference, true),
    );
    const message =
      position.field === 'sendMessage'
        ? withValue(values, { ...position, path: ['input', 'content'] }, 'zebra')
        : values;
    const taken = this.#nameOfOthers(reference);
    if (taken === null) return null;
    // Of the same length, which is checked before anything is looked up.
    const fresh = `fresh-${random.below(1_000_000_000)}`.padEnd(taken.length, '-').slice(-Math.max(taken.length, 12));
    const [one, other] = [taken, fresh].map((word) => withValue(message, position, word)) as [Values, Values];
    const document = this.#documents.write('Mutation', position.field, one, 1);
    return async () => {
      // Others use the name now, if they did not before.
      if (position.path.includes('clientMessageId')) await this.#useName(person, taken);
      const answers = [
        await ask(this.#gateway, person, document, one),
        await ask(this.#gateway, person, document, other),
      ];
      const [first, second] = answers.map((answer) => comparable(answer, [taken, fresh]));
      this.#count(
        'names',
        first === second ? [] : [differ(position, answers[0], answers[1])],
        { document, one },
        person,
      );
    };
  }

  /** A request id or a session id that is in use where this person cannot see it. */
  #nameOfOthers(reference: Reference): string | null {
    const approval = this.#random.pick(this.#ids.get('Approval') as string[]);
    const session = this.#random.pick(this.#ids.get('Session') as string[]);
    if (this.#random.below(2) === 0) return reference.sees('Approval', approval) ? null : `request-of-${approval}`;
    return reference.sees('Session', session) || /^[0-9a-f]{8}-/.test(session) ? null : session;
  }

  async #useName({ userId, tenantId }: Person, clientMessageId: string): Promise<void> {
    const scopes = ['api:read', 'api:write'];
    const send = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { wasDuplicate } }`;
    const others = [
      { userId, tenantId: `other than ${tenantId}`, scopes },
      { userId: `other than ${String(userId)}`, tenantId, scopes },
    ];
    for (const other of others)
      await ask(this.#gateway, other, send, { input: { content: 'somebody else’s', clientMessageId } });
  }

  #keepCursors(field: string, answer: { data?: unknown }, person: Person): void {
    const list = (answer.data as Record<string, { pageInfo?: { endCursor?: string | null } } | null> | undefined)?.[
      field
    ];
    const cursor = list?.pageInfo?.endCursor;
    if (typeof cursor === 'string') this.#cursors.push({ field, cursor, person });
  }

  /** A cursor of somebody else's list is refused. */
  #cursorCase(): (() => Promise<void>) | null {
    if (this.#cursors.length === 0) return null;
    const { field, cursor, person: from } = this.#random.pick(this.#cursors);
    const person = somebody(this.#random);
    if (person.userId === from.userId && person.tenantId === from.tenantId) return null;
    if (!mayCall(person, 'Query', field)) return null;
    const reference = new Reference(person, this.#data);
    const values = {
      ...this.#documents.required('Query', field, (name, scalar) => this.#value(name, scalar, field, reference)),
      after: cursor,
    };
    const document = this.#documents.write('Query', field, values, 1);
    return async () => {
      const answer = (await ask(this.#gateway, person, document, values)) as {
        errors?: { extensions: { code: string } }[];
      };
      const problems =
        answer.errors?.[0]?.extensions.code === 'BAD_USER_INPUT'
          ? []
          : [`${field} answers a cursor of ${JSON.stringify(from)} with ${JSON.stringify(answer).slice(0, 200)}`];
      this.#count('cursors', problems, { document, values }, person);
    };
  }

  /** A value for what must be given. `own`: where it is an id, of something that the person may see. */
  #value(name: string, scalar: string, field: string, reference: Reference, own = false): unknown {
    const random = this.#random;
    if (scalar === 'ID') {
      const kind = kindsByName[name === 'id' ? field : name] ?? random.pick([...this.#ids.keys()]);
      const all = this.#ids.get(kind) as string[];
      const seen = all.filter((id) => reference.sees(kind, id));
      const from = (own || random.below(2) === 0) && seen.length > 0 ? seen : own ? ['nothing-of-ones-own'] : all;
      const isNode = field.startsWith('node');
      return isNode ? globalIdOf(kind, random.pick(from)) : this.#inSomeForm(kind, random.pick(from));
    }
    if (name === 'query') return 'zebra';
    if (name === 'eventType') return 'message_sent';
    return {
      Int: 1,
      Float: 1,
      Boolean: true,
      String: 'text',
      JSON: {},
      JSONObject: {},
      DateTime: '2030-01-01T00:00:00Z',
    }[scalar];
  }

  #inSomeForm(kind: string, id: string): string {
    return this.#random.below(2) === 0 ? id : globalIdOf(kind, id);
  }
}

const differ = ({ field, path }: Position, one: unknown, other: unknown): string =>
  `${field}(${path.join('.')}) tells what is there from what is not: ${JSON.stringify(one).slice(0, 400)} and ${JSON.stringify(other).slice(0, 400)}`;
