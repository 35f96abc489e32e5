import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type * as Inspector from '@graphql-inspector/core';
import { buildASTSchema, buildSchema, Kind, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';

// As an ES module it would bring another copy of graphql along.
const { CriticalityLevel, diff } = createRequire(import.meta.url)('@graphql-inspector/core') as typeof Inspector;

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, path), 'utf8');
const current = read('../../schema.graphql');

async function breaks(before: GraphQLSchema, after: GraphQLSchema): Promise<string[]> {
  const changes = await diff(before, after);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

/** The contract leaves types out that follow its conventions; those are as they are now. */
function contractSchema(): GraphQLSchema {
  const contract = parse(read('contract.graphql'));
  const nameOf = (definition: DocumentNode['definitions'][number]) =>
    'name' in definition ? definition.name?.value : undefined;
  const stated = new Set(contract.definitions.map(nameOf));
  const rest = parse(current).definitions.filter((definition) => !stated.has(nameOf(definition)));
  return buildASTSchema({ kind: Kind.DOCUMENT, definitions: [...contract.definitions, ...rest] });
}

describe('graphql-inspector finds no breaking change', () => {
  it('since the last released schema', async () => {
    expect(await breaks(buildSchema(read('schema.released.graphql')), buildSchema(current))).toEqual([]);
  });

  it('since the contract', async () => {
    expect(await breaks(contractSchema(), buildSchema(current))).toEqual([]);
  });

  it('and would find one', async () => {
    const broken = buildSchema(current.replace('sequence: Int!', 'number: Int!'));
    expect(await breaks(contractSchema(), broken)).toContain("Field 'sequence' was removed from object type 'Message'");
  });
});
