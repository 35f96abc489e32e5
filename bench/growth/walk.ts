import type { ServerProcess } from '../support/server-process.ts';
import { pageSize, stride, type List } from './questions.ts';

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

/** The cursor before the page with this number, found as a client would: page after page. */
export async function cursorBefore(
  server: ServerProcess,
  list: List,
  token: string,
  page: number,
): Promise<string | null> {
  let after: string | null = null;
  for (let rows = 0; rows < (page - 1) * pageSize; rows += stride) {
    const { hasNextPage, endCursor } = await pageInfoOf(server, list.walk(after), token);
    if (!hasNextPage) throw new Error(`${list.says} ends after ${rows} rows, before page ${page}`);
    after = endCursor;
  }
  return after;
}

async function pageInfoOf(server: ServerProcess, body: string, token: string): Promise<PageInfo> {
  const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
  const text = await response.text();
  const found = /"pageInfo":(\{[^}]*\})/.exec(text)?.[1];
  if (found === undefined) throw new Error(text.slice(0, 1000));
  return JSON.parse(found) as PageInfo;
}
