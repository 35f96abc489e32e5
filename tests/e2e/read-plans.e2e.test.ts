import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  execute,
  Kind,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionResult,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleSchema } from '../../src/resolvers/assemble.ts';
import { OperationContext, type Gateway } from '../../src/resolvers/context.ts';
import { Planner } from '../../src/read-plans/planner.ts';
import { stringifyAnswer } from '../../src/server/answer-text.ts';
import { viewerOf, type Viewer } from '../../src/services/identity/viewer.ts';
import { Watches } from '../../src/services/live/watches.ts';
import { ScrollbackError } from '../../src/shared/errors.ts';
import { globalIdOf } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { generatedQueries } from '../support/generated-documents.ts';
import { oddities } from '../support/oddities.ts';
import { fillWorld, people } from '../support/world.ts';

const schema = assembleSchema();
const planner = new Planner(schema);
/** Another schema of the same types, whose scalars are copies. */
const subgraph = assembleSchema({ federation: true });
const everything = parse(
  readFileSync(new URL('everything.graphql', import.meta.url), 'utf8')
    .replaceAll('"s-1"', '"trip-anna"')
    .replaceAll('"m-1-2"', '"trip-anna-2"')
    .replaceAll('"approval-1-1"', '"approval-anna-1"'),
);
const corpus = parse(readFileSync(new URL('read-plans.graphql', import.meta.url), 'utf8'));

let test: TestDatabases;
let gateway: Gateway;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  await oddities(test);
  const { databases } = test;
  gateway = { databases, services: undefined as never, watches: new Watches(databases, undefined as never) };
}, 60_000);
afterAll(() => test.close());

const viewers: Readonly<Record<string, Viewer | null>> = {
  ...Object.fromEntries(Object.entries(people).map(([name, claims]) => [name, viewerOf(claims)])),
  nobody: null,
};

/** An answer as a client gets it; of an error what the contract fixes. */
interface Answer {
  readonly data: unknown;
  /** By the place whose null they explain. */
  readonly errors: ReadonlyMap<string, readonly AnswerError[]>;
}

interface AnswerError {
  readonly message: string;
  readonly path: readonly (string | number)[];
  readonly locations: unknown;
  readonly code: unknown;
}

function answerOf(result: ExecutionResult): Answer {
  const { data } = JSON.parse(stringifyAnswer({ data: result.data ?? null })) as { data: unknown };
  const errors = (result.errors ?? []).map(({ message, path = [], locations, originalError, extensions }) => ({
    message,
    path,
    locations,
    code: originalError instanceof ScrollbackError ? [originalError.code, originalError.details] : extensions,
  }));
  return { data, errors: Map.groupBy(errors, ({ path }) => JSON.stringify(nullOf(data, path))) };
}

/** The start of the path that leads to a null. */
function nullOf(data: unknown, path: AnswerError['path']): AnswerError['path'] {
  let value = data;
  for (const [index, step] of path.entries()) {
    if (value === null) return path.slice(0, index);
    value = (value as Record<string | number, unknown>)[step];
  }
  return path;
}

/**
 * Where several errors make a null of the same place, graphql-js tells of the one that came first and of what else it
 * has met by then. Which one that is, its specification leaves open and time decides.
 */
function expectTheSameErrors(planned: Answer['errors'], resolved: Answer['errors']): void {
  expect([...planned.keys()].sort()).toEqual([...resolved.keys()].sort());
  const ofOneField = [...planned].filter(([place, errors]) =>
    isOfOneField([...errors, ...(resolved.get(place) ?? [])]),
  );
  const others = ofOneField.map(([place]) => resolved.get(place) ?? []);
  expect(ofOneField.map(([, errors]) => kindOf(errors))).toEqual(others.map(kindOf));
}

const isOfOneField = (errors: readonly AnswerError[]): boolean =>
  new Set(errors.map(({ path }) => path.filter((step) => typeof step === 'string').join())).size === 1;

/** Of the same field of many items any item's error may be the first one. */
const kindOf = ([error]: readonly AnswerError[]): unknown => ({
  ...error,
  path: error?.path.filter((step) => typeof step === 'string'),
});

/** Generated queries declare all variables that they might use. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedVariablesRule);

interface Asked {
  readonly document: DocumentNode;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

async function bothAnswers({ document, operationName, variables }: Asked, viewer: Viewer | null) {
  const contextOf = (): OperationContext => new OperationContext(gateway, viewer, 'test');
  const [planned, resolved] = await Promise.all([
    planner.execute({ document, operationName, variables }, contextOf()),
    execute({ schema, document, operationName, variableValues: variables, contextValue: contextOf() }),
  ]);
  return { planned: answerOf(planned as ExecutionResult), resolved: answerOf(resolved) };
}

const namesIn = (document: DocumentNode): string[] =>
  document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value ?? ''] : [],
  );

const variables = { id: 'trip-anna', ids: ['trip-anna', globalIdOf('Message', 'trip-anna-2')], yes: true, no: false };

describe.each(Object.entries(viewers))('for %s plans answer as resolvers do', (_name, viewer) => {
  it.each(namesIn(everything))('everything of %s', async (operationName) => {
    const { planned, resolved } = await bothAnswers({ document: everything, operationName, variables }, viewer);
    expect(planned.data).toEqual(resolved.data);
    expectTheSameErrors(planned.errors, resolved.errors);
  });

  it.each(namesIn(corpus))('%s', async (operationName) => {
    expect(validate(schema, corpus)).toEqual([]);
    const { planned, resolved } = await bothAnswers({ document: corpus, operationName, variables }, viewer);
    expect(planned.data).toEqual(resolved.data);
    expectTheSameErrors(planned.errors, resolved.errors);
  });

  it.each([{ hide: null }, { hide: true }, { hide: false }, {}])('where a field depends on %j', async (given) => {
    const document = parse(
      'query ($hide: Boolean = true) { sessions(first: 2) { nodes { id title @skip(if: $hide) } } }',
    );
    const { planned, resolved } = await bothAnswers({ document, variables: given }, viewer);
    expect(planned.data).toEqual(resolved.data);
    expectTheSameErrors(planned.errors, resolved.errors);
  });

  it('where more fields depend on variables than have plans', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const fields = ['title', 'status', 'description', 'createdAt'];
    const document = parse(
      `query (${names.map((name) => `$${name}: Boolean!`).join()}) { sessions(first: 2) { nodes { id ${fields
        .map((field, index) => `${field} @include(if: $${names[index]})`)
        .join(' ')} } } }`,
    );
    for (let combination = 0; combination < 16; combination += 1) {
      const given = Object.fromEntries(names.map((name, bit) => [name, (combination & (1 << bit)) !== 0]));
      const { planned, resolved } = await bothAnswers({ document, variables: given }, viewer);
      expect(planned.data).toEqual(resolved.data);
      expectTheSameErrors(planned.errors, resolved.errors);
    }
  });

  it('whatever is asked', { timeout: 120_000 }, async () => {
    const roots = Object.keys(schema.getQueryType()?.getFields() ?? {}).filter((name) => !name.startsWith('node'));
    const given = { yes: true, no: false, size: 2, cursor: null, id: 'trip-anna' };
    await fc.assert(
      fc.asyncProperty(generatedQueries(schema, roots), async (text) => {
        const document = parse(text);
        fc.pre(validate(schema, document, rules).length === 0);
        const { planned, resolved } = await bothAnswers({ document, variables: given }, viewer);
        expect(planned.data).toEqual(resolved.data);
        expectTheSameErrors(planned.errors, resolved.errors);
      }),
      { numRuns: Number(process.env['GENERATED_QUERIES'] ?? 60) },
    );
  });
});

it.each(namesIn(corpus))('as a subgraph %s answers the same', async (operationName) => {
  const asked = { document: corpus, operationName, variables };
  const contextValue = new OperationContext(gateway, viewers['anna'] ?? null, 'test');
  const { resolved } = await bothAnswers(asked, viewers['anna'] ?? null);
  const planned = answerOf((await new Planner(subgraph).execute(asked, contextValue)) as ExecutionResult);
  expect(planned.data).toEqual(resolved.data);
});
