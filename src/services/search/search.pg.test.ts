import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { numberMessages, testDatabases, type TestDatabases } from '../../../tests/support/databases.ts';
import { loosened } from '../../databases/search-text.ts';
import { viewerOf } from '../identity/viewer.ts';
import { pageRequestOf, type PageArguments } from '../reading/page-request.ts';
import { Reader, type Databases } from '../reading/reader.ts';
import { indexAtLeisure, indexDocuments } from './index-documents.ts';
import { hits } from './search-statements.ts';
import { searchMessages, type SearchPage } from './search.ts';

let test: TestDatabases;
let databases: Databases;

const who = {
  ann: viewerOf({ userId: 'ann', scopes: ['api:read'] }),
  bob: viewerOf({ userId: 'bob', scopes: ['api:read'] }),
  tenant: viewerOf({ userId: 'tea', scopes: ['api:read', 'tenant:admin'] }),
  stranger: viewerOf({ userId: 'ann', tenantId: 'elsewhere', scopes: ['api:read', 'tenant:admin'] }),
  root: viewerOf({ userId: 'root', scopes: ['api:read', 'api:admin'] }),
};

const write = async (
  id: string,
  sessionId: string,
  content: string,
  role = 'user',
  at = '2026-01-01',
): Promise<unknown> =>
  databases.agentRuntime.query(
    sql`INSERT INTO public.messages (id, session_db_id, role, content, "timestamp") VALUES (${id}, ${sessionId}, ${role}, ${content}, ${at}::timestamptz)`,
  );

const search = async (
  query: string,
  viewer: keyof typeof who = 'ann',
  page: PageArguments = {},
  filter: object | null = null,
): Promise<SearchPage> =>
  searchMessages(new Reader(databases, who[viewer]), {
    query,
    request: pageRequestOf(page),
    filter,
    columns: ['id', 'content'],
  });

const idsOf = (page: SearchPage): string[] => page.nodes.map((node) => String(node['id']));
const byName = (a: string, b: string): number => a.localeCompare(b);
const found = async (...asked: Parameters<typeof search>): Promise<string[]> => idsOf(await search(...asked));
const snippets = async (...asked: Parameters<typeof search>): Promise<string[]> =>
  Promise.all((await search(...asked)).edges.map(async (edge) => edge.snippet));
const index = async (): Promise<number> => indexDocuments(databases.agentRuntime, 7);

beforeAll(async () => {
  test = await testDatabases();
  ({ databases } = test);
  await databases.agentRuntime.query(sql`INSERT INTO public.sessions (id, user_id, tenant_id, deleted_at) VALUES
    ('ann 1', 'ann', 'default', NULL), ('ann 2', 'ann', 'default', NULL), ('ann gone', 'ann', 'default', now()),
    ('bob 1', 'bob', 'default', NULL), ('unclaimed', NULL, NULL, NULL)`);
});
afterAll(async () => test.close());

describe('searchMessages', () => {
  it('finds a message at once, and again when it is indexed', async () => {
    await write('stems', 'ann 1', 'Cancelling my reservations. Отмените, пожалуйста, бронирования рейсов.');
    const queries = [
      'reservation',
      'cancelled',
      'бронирование',
      'отменить рейс',
      '"my reservation"',
      'nothing or рейсы',
    ];
    const everyQueryFindsIt = async (): Promise<void> =>
      expect(await Promise.all(queries.map((query) => found(query)))).toEqual(queries.map(() => ['stems']));
    await everyQueryFindsIt();
    expect(await index()).toBeGreaterThan(0);
    expect(await index()).toBe(0);
    await everyQueryFindsIt();
    expect(await found('reservation -рейс')).toEqual([]);
  });

  it('finds an edited message by its new text only', async () => {
    await write('edited', 'ann 1', 'walrus');
    await index();
    await databases.agentRuntime.query(sql`UPDATE public.messages SET content = 'narwhal' WHERE id = 'edited'`);
    expect(await Promise.all([found('walrus'), found('narwhal')])).toEqual([[], ['edited']]);
    await index();
    expect(await Promise.all([found('walrus'), found('narwhal')])).toEqual([[], ['edited']]);
  });

  it('finds a message that was saved again once, and a removed one no more', async () => {
    await write('saved', 'ann 1', 'aardvark');
    await write('removed', 'ann 1', 'aardvark');
    await index();
    const { agentRuntime } = test.service;
    await agentRuntime.query(sql`DELETE FROM public.messages WHERE id IN ('saved', 'removed')`);
    expect(await found('aardvark')).toEqual([]);
    await write('saved', 'ann 1', 'aardvark');
    expect(await found('aardvark')).toEqual(['saved']);
    await index();
    expect(await found('aardvark')).toEqual(['saved']);
  });

  it('pages through all hits, best first, newest first among equals, indexed or not', async () => {
    await write('t1', 'ann 1', 'tapir', 'user', '2026-01-01 00:00:00.000001');
    await write('t2', 'ann 1', 'tapir', 'user', '2026-01-01 00:00:00.000002');
    await write('t3', 'ann 2', 'tapir and another tapir, to say nothing of a tapir');
    await index();
    await write('t4', 'ann 2', 'a tapir with many other words around it that make its share of the text small');
    await write('t5', 'ann 1', 'tapir', 'user', '2026-01-01 00:00:00.000002');
    const all = await search('tapir');
    expect(idsOf(all)).toEqual(['t3', 't5', 't2', 't1', 't4']);
    expect(all.edges.map((edge) => edge.rank)).toEqual(all.edges.map((edge) => edge.rank).sort((a, b) => b - a));
    expect(all.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false, endCursor: all.edges[4]?.cursor });
    const read: unknown[] = [];
    let page = await search('tapir', 'ann', { first: 1 });
    for (
      ;
      page.nodes.length > 0 && read.length < 9;
      page = await search('tapir', 'ann', { first: 1, after: page.pageInfo.endCursor })
    ) {
      read.push(...idsOf(page));
      expect(page.pageInfo.hasNextPage).toBe(read.length < 5);
      expect(await page.totalCount()).toBe(5);
    }
    expect(read).toEqual(idsOf(all));
    expect(page.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true, startCursor: null });
    expect(page.pageInfo.endCursor).toBe(all.pageInfo.endCursor);
  });

  it('shows viewers what is theirs, and nobody what is deleted', async () => {
    for (const sessionId of ['ann 1', 'ann gone', 'bob 1', 'unclaimed'])
      await write(`okapi ${sessionId}`, sessionId, 'okapi');
    const expected = {
      ann: ['okapi ann 1'],
      bob: ['okapi bob 1'],
      tenant: ['okapi ann 1', 'okapi bob 1'],
      stranger: [],
      root: ['okapi ann 1', 'okapi bob 1', 'okapi unclaimed'],
    };
    const check = async (): Promise<void> => {
      for (const [viewer, ids] of Object.entries(expected) as [keyof typeof who, string[]][]) {
        const page = await search('okapi', viewer);
        expect([viewer, ...idsOf(page).sort(byName)]).toEqual([viewer, ...ids]);
        expect(await page.totalCount()).toBe(ids.length);
      }
    };
    await check();
    await index();
    await check();
  });

  it('applies every filter', async () => {
    await write('gnu 1', 'ann 1', 'gnu', 'user', '2026-02-01');
    await write('gnu 2', 'ann 2', 'gnu', 'assistant', '2026-02-02');
    await write('gnu 3', 'bob 1', 'gnu', 'user', '2026-02-03');
    const filtered = async (filter: object): Promise<string[]> => (await found('gnu', 'root', {}, filter)).sort(byName);
    expect(await filtered({})).toEqual(['gnu 1', 'gnu 2', 'gnu 3']);
    expect(await filtered({ sessionIds: ['ann 1', 'bob 1'] })).toEqual(['gnu 1', 'gnu 3']);
    expect(await filtered({ ownerId: 'ann', role: null })).toEqual(['gnu 1', 'gnu 2']);
    expect(await filtered({ role: ['ASSISTANT'] })).toEqual(['gnu 2']);
    expect(await filtered({ createdAfter: new Date('2026-02-02') })).toEqual(['gnu 2', 'gnu 3']);
    expect(await filtered({ createdBefore: new Date('2026-02-02') })).toEqual(['gnu 1']);
    expect(await (await search('gnu', 'root', {}, { ownerId: 'bob' })).totalCount()).toBe(1);
  });

  it('refuses cursors of other searches', async () => {
    const { endCursor: after } = (await search('tapir', 'ann', { first: 1 })).pageInfo;
    await expect(search('okapi', 'ann', { after })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(search('tapir', 'ann', { after }, { role: ['USER'] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    await expect(search('tapir', 'ann', { after: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each(['', '   ', 'the and', 'и в на', '-', '""', '\0', "'", ':*', '!&|()<->'])(
    'finds nothing for %j',
    async (query) => {
      const page = await search(query, 'root');
      expect(page.nodes).toEqual([]);
      expect(await page.totalCount()).toBe(0);
    },
  );

  it('takes a NUL for a space, and no more than 1,000 characters', async () => {
    expect(await found('my\0reservations')).toEqual(['stems']);
    expect(await found(`reservation ${'the '.repeat(247)}`)).toEqual(['stems']);
    await expect(search('x'.repeat(1001))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('excludes a few words and phrases, and not so many that looking for them takes seconds', async () => {
    expect(await found(`reservation ${'-nowhere '.repeat(5)} ${'-"no where" '.repeat(5)}`)).toEqual(['stems']);
    for (const many of ['-nowhere ', '-"a b c" or '])
      await expect(search(`reservation ${many.repeat(11)}`)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: 'A search excludes at most 10 words or phrases.',
      });
  });

  it('is indexed at leisure beside writers', async () => {
    const { agentRuntime } = databases;
    const timeFor = async (work: () => Promise<number>): Promise<number> => {
      await index();
      await agentRuntime.query(sql`INSERT INTO public.messages (id, session_db_id, role, content)
        SELECT gen_random_uuid(), 'ann 1', 'user', 'lemur' FROM generate_series(1, 200)`);
      await numberMessages(test.service.agentRuntime);
      const began = performance.now();
      expect(await work()).toBe(200);
      return performance.now() - began;
    };
    const { signal } = new AbortController();
    const leisurely = await timeFor(() => indexAtLeisure(agentRuntime, 20, signal));
    expect(leisurely).toBeGreaterThan(3 * (await timeFor(() => indexDocuments(agentRuntime, 20))));
    await test.service.agentRuntime.query(sql`DELETE FROM public.messages WHERE content = 'lemur'`);
    expect(await indexAtLeisure(agentRuntime, 20, AbortSignal.abort())).toBe(20);
    expect(await index()).toBe(380);
  });

  it('finds messages without a text where it only excludes', async () => {
    await databases.agentRuntime.query(
      sql`INSERT INTO public.messages (id, session_db_id, role, content) VALUES ('silent', 'ann 1', 'assistant', NULL), ('blank', 'ann 1', 'user', '')`,
    );
    const page = await search('-stems', 'ann', { first: 100 });
    const snippetById = new Map(page.edges.map(({ node, snippet }) => [node['id'], snippet]));
    expect([await snippetById.get('silent'), await snippetById.get('blank')]).toEqual(['', '']);
    expect(await snippetById.get('stems')).toContain('Cancelling');
  });

  it('survives texts that are too much for a document', async () => {
    const letter = (place: number): string => String.fromCodePoint(0x20000 + (place % 40000));
    const words = Array.from(
      { length: 33000 },
      (_, n) => letter(n) + letter(n * 7) + '-' + letter(n * 11) + letter(n * 13),
    );
    await write('too much', 'ann 2', `quokka ${words.join(' ')}`);
    expect(await found('quokka')).toEqual(['too much']);
    expect(await index()).toBeGreaterThan(0);
    expect(await found('quokka')).toEqual(['too much']);
  });

  describe('words that punctuation binds together', () => {
    const text = `The type <Wolverine> of src/live/tails.ts calls read_next_page() for the_one;
      see https://docs.example.org/badger/guide.html?lang=en#top, ./lib/Marten.test.ts and config.limits.max_cost,
      ~/.ssh/known_hosts, C:\\Users\\polecat, mail weasel@example.net, release 24.11.2.
      <div class="stoat">inner</div> <Ermine.Provider/>`;
    const wanted: readonly (readonly [what: string, queries: readonly string[]])[] = [
      [
        'inside angle brackets',
        ['wolverine', '<Wolverine>', 'stoat', 'inner', '<div class="stoat">', 'Ermine.Provider'],
      ],
      [
        'of a path',
        ['src/live/tails.ts', 'live/tails.ts', 'src/live', 'tails', 'tails.ts', './src/live/tails', 'live'],
      ],
      [
        'of a file',
        ['Marten.test.ts', 'marten', 'Marten.test', 'lib/Marten.test.ts', 'known_hosts', '~/.ssh/known_hosts'],
      ],
      [
        'of a URL',
        ['https://docs.example.org/badger/guide.html', 'badger', 'example.org', 'docs', 'guide.html', 'guide'],
      ],
      ['of snake case', ['read_next_page', 'read_next_page()', 'next', 'next_page', 'max_cost', 'cost', 'the_one']],
      ['of dotted names', ['config.limits.max_cost', 'limits', 'config.limits', 'limits.max_cost', '24.11.2', '24.11']],
      ['of other things', ['weasel@example.net', 'weasel', 'polecat', 'C:\\Users\\polecat', '"page for"']],
    ];
    beforeAll(async () => {
      await write('bound', 'ann 2', text);
      await write('scattered', 'ann 2', 'tails live in src, and ts is next to them; a page to read costs config more');
    });

    it.each(wanted)('%s are found, by the whole and by each part', async (_what, queries) => {
      const bound = async (): Promise<string[]> => {
        const answers = await Promise.all(queries.map((query) => found(query)));
        return queries.filter((_, n) => answers[n]?.includes('bound') !== true);
      };
      expect(await bound()).toEqual([]);
      await index();
      expect(await bound()).toEqual([]);
    });

    it.each(['src/live/tails.ts', 'tails.ts', 'read_next_page', 'live/src', 'config.max_cost', 'wolverine.of.live'])(
      '%s is not found where its words do not stand together',
      async (query) => {
        expect(await found(query)).not.toContain('scattered');
      },
    );

    it('are left out of a search as a whole', async () => {
      expect(await found('tails -src/live')).toEqual(['scattered']);
    });

    it('are shown as they were written', async () => {
      const [snippet] = await snippets('wolverine tails.ts read_next_page');
      expect(snippet).toContain(
        'type &lt;<mark>Wolverine</mark>&gt; of src/live/<mark>tails</mark>.<mark>ts</mark> calls ' +
          '<mark>read</mark>_<mark>next</mark>_<mark>page</mark>() for the_one;',
      );
      expect((await snippets('stoat'))[0]).toContain(
        'div class=&quot;<mark>stoat</mark>&quot;&gt;inner&lt;/div&gt; &lt;Ermine.Provider',
      );
    });
  });

  it('reads the index where nothing else narrows the search', async () => {
    await databases.agentRuntime.query(sql`INSERT INTO public.messages (id, session_db_id, role, content)
      SELECT 'many ' || n, 'ann 2', 'user', 'Shelf' || n || '/Book' || n || '.txt' FROM generate_series(1, 3000) AS n`);
    while ((await index()) > 0);
    expect(await found('Shelf7/Book7.txt', 'root')).toEqual(['many 7']);
    const { text, values } = hits({ query: loosened('Shelf7/Book7.txt'), filter: [], viewer: who.root }, null, 11);
    const { agentRuntime } = test.service;
    await agentRuntime.query('ANALYZE');
    // Takes into the index what waits in front of it, as autovacuum does.
    await agentRuntime.query('VACUUM ANALYZE scrollback.message_documents');
    for (const [options, given] of [
      ['GENERIC_PLAN, ', []],
      ['', values],
    ] as const) {
      const statement = `EXPLAIN (${options}COSTS off) ${text}`;
      const { rows } = await agentRuntime.query<{ 'QUERY PLAN': string }>(statement, [...given]);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(
        'Bitmap Index Scan on message_documents_document',
      );
    }
  });

  it('needs as many statements for many hits as for one', async () => {
    const count = async (first: number): Promise<number> => {
      const query = vi.spyOn(databases.agentRuntime, 'query');
      await snippets('tapir', 'ann', { first });
      const calls = query.mock.calls.length;
      query.mockRestore();
      return calls;
    };
    expect(await count(5)).toBe(await count(1));
  });
});

describe('snippets', () => {
  it('mark matches in text that is escaped', async () => {
    await write('html', 'ann 1', `"axolotls" & 'others' said 1 < 2 > 0 \u0001\u0002 &lt; the AXOLOTL`);
    expect(await snippets('axolotl')).toEqual([
      '<mark>axolotls</mark>&quot; &amp; &#39;others&#39; said 1 &lt; 2 &gt; 0  &amp;lt; the <mark>AXOLOTL</mark>',
    ]);
  });

  it('mark the words of phrases, but not those that were not wanted', async () => {
    await write('phrase', 'ann 1', 'red panda, red fox');
    expect(await snippets('"red panda" -"fox red"')).toEqual([
      '<mark>red</mark> <mark>panda</mark>, <mark>red</mark> fox',
    ]);
  });

  it('begin the text where no word was wanted', async () => {
    await write('unwanted', 'bob 1', 'platypus <b>');
    expect(await snippets('-okapi -gnu', 'bob')).toEqual(['platypus &lt;b&gt;']);
  });

  it('come from the best piece of a long text, as words and not as the whole', async () => {
    const filler = 'lorem ipsum dolor sit amet '.repeat(3000);
    await write('long', 'ann 2', `${filler} wombat ${filler} wombat kangaroo ${filler}`);
    const [snippet = ''] = await snippets('wombat kangaroo');
    expect(snippet).toContain('<mark>wombat</mark> <mark>kangaroo</mark>');
    expect(snippet.length).toBeLessThan(1000);
  });

  it('take bounded time and memory, whatever the text and the query', async () => {
    await write('dense', 'ann 2', 'aye bee cee dee '.repeat(12_000));
    const query = Array.from(
      { length: 25 },
      (_, place) => `"aye bee cee dee" ${place < 10 ? `-no${place}` : ''} or bee`,
    ).join(' ');
    expect(await snippets(query)).toEqual([expect.stringContaining('<mark>')]);
  });
});
