import type { Tokens } from '../support/tokens.ts';
import type { Contestant } from './contestants.ts';
import type { Size } from './dataset.ts';
import { seededNumbers } from './rows.ts';
import type { Workload } from './workloads.ts';

const tokensByUser = new Map<string, Promise<string>>();

function tokenOf(tokens: Tokens, userId: string): Promise<string> {
  const token = tokensByUser.get(userId) ?? tokens.of(userId);
  tokensByUser.set(userId, token);
  return token;
}

export interface Asked {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The same questions for everybody, in the contestant's dialect. */
export async function questions(
  contestant: Contestant,
  workload: Workload,
  size: Size,
  tokens: Tokens,
  count: number,
): Promise<Asked[]> {
  const random = seededNumbers(20_260_101);
  const query = workload.documents[contestant.dialect];
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { userId, variables } = workload.ask(random, size, contestant.dialect);
      const token = await tokenOf(tokens, userId);
      return {
        body: JSON.stringify({ operationName: workload.name, query, variables }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      };
    }),
  );
}

/** A question as it goes over the wire. */
export function wireText(path: string, { body, headers }: Asked): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': Buffer.byteLength(body) });
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`;
}
