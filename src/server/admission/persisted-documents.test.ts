import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OperationRequest } from './operation-request.ts';
import { PersistedDocuments, type PersistedDocumentOptions } from './persisted-documents.ts';

const text = '{ viewer { tenantId } }';
const hashOf = (document: string): string => createHash('sha256').update(document).digest('hex');
const hash = hashOf(text);

const request = (parts: Partial<OperationRequest>): OperationRequest => ({
  query: null,
  operationName: null,
  variables: {},
  extensions: {},
  documentId: null,
  ...parts,
});
const persistedQuery = (sha256Hash: unknown, version: unknown = 1): Pick<OperationRequest, 'extensions'> => ({
  extensions: { persistedQuery: { version, sha256Hash } },
});

/** A gateway's documents, and which ids were looked up in the database. */
function documents(
  registered: Record<string, string> = {},
  options: Partial<PersistedDocumentOptions> = {},
): { documents: PersistedDocuments; asked: string[] } {
  const asked: string[] = [];
  const textOf = (id: string): Promise<string | undefined> => {
    asked.push(id);
    return Promise.resolve(registered[id]);
  };
  return {
    documents: new PersistedDocuments({
      registered: { textOf },
      automatic: true,
      registeredOnly: false,
      cacheBytes: 1_000_000,
      ...options,
    }),
    asked,
  };
}

const notKnown = {
  code: 'PERSISTED_QUERY_NOT_FOUND',
  message: 'The document is not known here; send it with `query` beside its hash.',
};
const notRegistered = {
  code: 'PERSISTED_QUERY_NOT_FOUND',
  message: 'No document is registered under this id; register it with `scrollback documents add`.',
};
const onlyRegistered = {
  code: 'FORBIDDEN',
  message: 'Only registered documents are run here; register this one with `scrollback documents add`.',
  details: { limit: 'TRUSTED_DOCUMENTS' },
};

describe('the text of a request', () => {
  it('is what it brings, and nothing is looked up for it', async () => {
    const { documents: found, asked } = documents();
    expect(await found.textOf(request({ query: text }))).toBe(text);
    expect(await found.textOf(request({ query: text, ...persistedQuery(hash) }))).toBe(text);
    expect(asked).toEqual([]);
  });

  it('is found by the id that it was registered under, by either way of saying it', async () => {
    const { documents: found } = documents({ [hash]: text, mine: '{ b }' });
    expect(await found.textOf(request({ documentId: 'mine' }))).toBe('{ b }');
    expect(await found.textOf(request(persistedQuery(hash)))).toBe(text);
    expect(await found.textOf(request({ documentId: 'mine', ...persistedQuery(hash) }))).toBe('{ b }');
  });

  it('is not found where nobody left or registered it', async () => {
    const { documents: found, asked } = documents();
    await expect(found.textOf(request(persistedQuery(hash)))).rejects.toMatchObject(notKnown);
    await expect(found.textOf(request({ documentId: 'mine' }))).rejects.toMatchObject(notKnown);
    await expect(found.textOf(request({}))).rejects.toMatchObject(notKnown);
    expect(asked).toEqual([hash, 'mine', '']);
  });

  it('is not looked up by an id that is longer than any', async () => {
    const longest = 'x'.repeat(200);
    const { documents: found, asked } = documents({ [longest]: text });
    expect(await found.textOf(request({ documentId: longest }))).toBe(text);
    await expect(found.textOf(request({ documentId: `${longest}x` }))).rejects.toMatchObject(notKnown);
    expect(asked).toEqual([longest]);
  });
});

describe('a hash', () => {
  it.each([
    ['of another version', persistedQuery(hash, 2)],
    ['of no version', { extensions: { persistedQuery: { sha256Hash: hash } } }],
    ['that is no text', persistedQuery(7)],
    ['in a list', persistedQuery([hash])],
    ['that is missing', { extensions: { persistedQuery: {} } }],
    ['that is too short', persistedQuery(hash.slice(1))],
    ['that is too long', persistedQuery(`${hash}0`)],
    ['with something before it', persistedQuery(` ${hash}`)],
    ['in capitals', persistedQuery(hash.toUpperCase())],
  ])('%s is refused', async (_what, parts) => {
    await expect(documents().documents.textOf(request({ query: text, ...parts }))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: '`persistedQuery` must have `version` 1 and `sha256Hash`, 64 hexadecimal digits.',
    });
  });

  it('of another text is refused', async () => {
    const parts = request({ query: text, ...persistedQuery(hashOf('{ other }')) });
    await expect(documents().documents.textOf(parts)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: '`sha256Hash` is not the SHA-256 hash of `query`.',
    });
  });

  it('that is null is none', async () => {
    const parts = request({ query: text, extensions: { persistedQuery: null } });
    expect(await documents().documents.textOf(parts)).toBe(text);
  });
});

describe('a document that a client left with its hash', () => {
  const left = request({ query: text, ...persistedQuery(hash) });
  const byHash = request(persistedQuery(hash));

  it('is found by it, without looking it up', async () => {
    const { documents: found, asked } = documents();
    found.remember(left);
    expect(await found.textOf(byHash)).toBe(text);
    expect(asked).toEqual([]);
  });

  it.each([
    ['where clients may leave none', left, { automatic: false }],
    ['that came without its hash', request({ query: text }), {}],
    ['that is larger than there is room for', left, { cacheBytes: 4 * 2 * text.length - 1 }],
  ])('is not remembered: %s', async (_what, given, options) => {
    const { documents: found } = documents({}, options);
    found.remember(given);
    await expect(found.textOf(byHash)).rejects.toMatchObject(notKnown);
  });

  it('counts with two bytes for each character', async () => {
    const { documents: found } = documents({}, { cacheBytes: 4 * 2 * text.length });
    found.remember(left);
    expect(await found.textOf(byHash)).toBe(text);
  });

  it('stays what it is when its hash comes alone', async () => {
    const { documents: found } = documents();
    found.remember(left);
    found.remember(byHash);
    expect(await found.textOf(byHash)).toBe(text);
  });
});

describe('where only registered documents are run', () => {
  const registeredOnly = { registeredOnly: true };

  it('one is run by its id, by its hash, and by its text', async () => {
    const { documents: found } = documents({ mine: '{ b }', [hash]: text }, registeredOnly);
    expect(await found.textOf(request({ documentId: 'mine' }))).toBe('{ b }');
    expect(await found.textOf(request(persistedQuery(hash)))).toBe(text);
    expect(await found.textOf(request({ query: text }))).toBe(text);
    expect(await found.textOf(request({ query: text, ...persistedQuery(hash) }))).toBe(text);
    expect(await found.textOf(request({ query: '{ b }', documentId: 'mine' }))).toBe('{ b }');
  });

  it('no other is, whatever it calls itself', async () => {
    const { documents: found } = documents({ mine: '{ b }' }, registeredOnly);
    await expect(found.textOf(request({ query: text }))).rejects.toMatchObject(onlyRegistered);
    await expect(found.textOf(request({ query: text, documentId: 'mine' }))).rejects.toMatchObject(onlyRegistered);
    await expect(found.textOf(request({ documentId: 'yours' }))).rejects.toMatchObject(notRegistered);
  });

  it('one that was left here is not found by its hash', async () => {
    const { documents: found } = documents({}, registeredOnly);
    found.remember(request({ query: text, ...persistedQuery(hash) }));
    await expect(found.textOf(request(persistedQuery(hash)))).rejects.toMatchObject(notRegistered);
  });
});
