/** The limit: node:http and pg, one hand-written way per question, rows to JSON text without objects between. No GraphQL. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { agentRuntime, auth, rowsOf, type Row } from './databases.ts';
import { cursorOf, globalId, keyOf } from './ids.ts';
import {
  auditLogs,
  lastMessages,
  lastMessagesOfSessions,
  latestSessions,
  messageById,
  recordedCalls,
  sessionsById,
  usersById,
} from './statements.ts';

const text = JSON.stringify;

/** `2026-01-31 12:00:00.5+00` as `2026-01-31T12:00:00.500Z`: no Date in between. JSON stays the text that it is. */
const isoOf = (value: string): string => `${value.slice(0, 10)}T${value.slice(11, 19)}.${millisecondsOf(value)}Z`;
const millisecondsOf = (value: string): string =>
  value[19] === '.' ? value.slice(20, -3).padEnd(3, '0').slice(0, 3) : '000';
pg.types.setTypeParser(1184, isoOf);
for (const json of [114, 3802]) pg.types.setTypeParser(json, (value: string) => value);

const messageText = (row: Row): string =>
  `{"id":"${globalId('Message', String(row['id']))}","sequence":${String(row['sequence'])},"role":"${String(row['role'])}","content":${text(row['content'])},"createdAt":"${String(row['createdAt'])}"}`;

interface Connection {
  readonly edges: string;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

const quoted = (cursor: string | undefined): string => (cursor === undefined ? 'null' : `"${cursor}"`);

const connectionText = ({ edges, hasNext, hasPrevious, first, last }: Connection): string =>
  `{"edges":[${edges}],"pageInfo":{"hasNextPage":${hasNext},"hasPreviousPage":${hasPrevious},"startCursor":${quoted(first)},"endCursor":${quoted(last)}}}`;

const edgesOf = (rows: readonly Row[], cursors: readonly string[], write: (row: Row) => string): string =>
  rows.map((row, index) => `{"cursor":"${cursors[index]}","node":${write(row)}}`).join();

async function w1(id: string): Promise<string> {
  const rows = await rowsOf(agentRuntime, lastMessages(51), [id]);
  if (rows.length === 0 && (await rowsOf(agentRuntime, sessionsById, [[id]])).length === 0)
    return '{"data":{"session":null}}';
  const hasPrevious = rows.length > 50;
  const page = rows.slice(0, 50).reverse();
  const cursors = page.map((row) => cursorOf(row['sequence']));
  const edges = edgesOf(page, cursors, messageText);
  const messages = connectionText({ edges, hasNext: false, hasPrevious, first: cursors[0], last: cursors.at(-1) });
  return `{"data":{"session":{"messages":${messages}}}}`;
}

const callText = (call: Row): string =>
  `{"toolCallId":${text(call['toolCallId'])},"name":${text(call['name'])},"arguments":${String(call['arguments'])},"executionTimeMs":${String(call['executionTimeMs'])}}`;

interface Asked {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What the message asked for, completed by what was recorded of it. */
function callTexts(message: Row, recorded: readonly Row[]): string {
  if (message['toolCalls'] === null) return '';
  const asked = JSON.parse(String(message['toolCalls'])) as Asked[];
  return asked
    .map(({ id, function: called }) =>
      callText(
        recorded.find((record) => record['toolCallId'] === id) ?? {
          toolCallId: id,
          name: called.name,
          arguments: called.arguments,
          executionTimeMs: null,
        },
      ),
    )
    .join();
}

function shortMessageText(row: Row, recorded: readonly Row[]): string {
  return `{"node":{"id":"${globalId('Message', String(row['id']))}","role":"${String(row['role'])}","content":${text(row['content'])},"createdAt":"${String(row['createdAt'])}","toolCalls":[${callTexts(row, recorded)}]}}`;
}

async function w2(id: string): Promise<string> {
  const rows = await rowsOf(agentRuntime, latestSessions(21), [id]);
  if (rows.length === 0 && (await rowsOf(auth, usersById, [[id]])).length === 0) return '{"data":{"user":null}}';
  const page = rows.slice(0, 20);
  const messages = await rowsOf(agentRuntime, lastMessagesOfSessions(5), [page.map((row) => row['id'])]);
  const asking = messages.filter((row) => row['toolCalls'] !== null).map((row) => row['id']);
  const recorded = asking.length === 0 ? [] : await rowsOf(agentRuntime, recordedCalls, [asking]);
  const bySession = Map.groupBy(messages, (row) => row['sessionId']);
  const byMessage = Map.groupBy(recorded, (row) => row['messageId']);
  const cursors = page.map((row) => cursorOf(row['lastActivityAt'], row['id']));
  const edges = edgesOf(page, cursors, (row) => {
    const last = (bySession.get(row['id']) ?? []).reverse();
    const nodes = last.map((message) => shortMessageText(message, byMessage.get(message['id']) ?? [])).join();
    return `{"id":"${globalId('Session', String(row['id']))}","title":${text(row['title'])},"lastActivityAt":"${String(row['lastActivityAt'])}","messages":{"edges":[${nodes}]}}`;
  });
  const sessions = connectionText({
    edges,
    hasNext: rows.length > 20,
    hasPrevious: false,
    first: cursors[0],
    last: cursors.at(-1),
  });
  return `{"data":{"user":{"sessions":${sessions}}}}`;
}

async function w3(id: string): Promise<string> {
  const [row] = await rowsOf(agentRuntime, messageById, [id]);
  return `{"data":{"message":${row === undefined ? 'null' : messageText(row)}}}`;
}

const auditText = (row: Row): string =>
  `{"id":"${globalId('AuditLog', String(row['id']))}","eventType":${text(row['eventType'])},"eventData":${String(row['eventData'])},"ipAddress":${text(row['ipAddress'])},"userAgent":${text(row['userAgent'])},"success":${String(row['success'])},"createdAt":"${String(row['createdAt'])}"}`;

async function w4(id: string): Promise<string> {
  const rows = await rowsOf(auth, auditLogs(51), [id]);
  const page = rows.slice(0, 50);
  const cursors = page.map((row) => cursorOf(row['number']));
  const edges = edgesOf(page, cursors, auditText);
  const logs = connectionText({
    edges,
    hasNext: rows.length > 50,
    hasPrevious: false,
    first: cursors[0],
    last: cursors.at(-1),
  });
  return `{"data":{"auditLogs":${logs}}}`;
}

const questions = new Map([
  ['W1', w1],
  ['W2', w2],
  ['W3', w3],
  ['W4', w4],
]);

interface Body {
  readonly operationName: string;
  readonly variables: { readonly id: string };
}

async function answer(body: Buffer): Promise<string> {
  const { operationName, variables } = JSON.parse(body.toString()) as Body;
  const question = questions.get(operationName);
  if (question === undefined) throw new Error(`no question ${operationName}`);
  return question(keyOf(variables.id));
}

function read(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

const server = createServer((request, response) => {
  read(request)
    .then(answer)
    .then(
      (json) => {
        const bytes = Buffer.from(json);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
        response.end(bytes);
      },
      (error: unknown) => {
        console.error(error);
        response.writeHead(500).end();
      },
    );
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
