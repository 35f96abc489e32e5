import { getNamedType, type GraphQLObjectType } from 'graphql';
import { admission } from '../schema/access.ts';
import { viewersSeen } from '../services/identity/viewers-seen.ts';
import { rootReads, type RootRead } from '../schema/declarations.ts';
import { loadBranches } from './branch.ts';
import { completion } from './completion.ts';
import { connectionPlan } from './connection-plan.ts';
import { readByKeys } from './read-rows.ts';
import { CodeRows, SourceRows } from './rows.ts';
import { Failure, type Run } from './run.ts';
import { argumentsOf, fieldOf, sourceOf, type Scope, type Selected } from './scope.ts';
import type { WriterName } from './writer-code.ts';

/** A field of Query: its value, and how that is written. */
export interface RootPlan {
  readonly key: string;
  load(run: Run): Promise<unknown>;
  readonly write: WriterName;
}

/** The plan of a field of Query; null where only its resolver knows how it is read. */
export function rootPlan(scope: Scope, query: GraphQLObjectType, field: Selected): RootPlan | null {
  const read = rootReads.get(field.name);
  if (read === undefined) return null;
  const admit = admission(`Query.${field.name}`);
  const { load, write } = readers[read.kind](scope, query, field, read);
  return {
    key: field.key,
    write,
    async load(run) {
      try {
        admit(run.context.viewer);
        run.context.allowLag();
        return await load(run);
      } catch (error) {
        return new Failure(error);
      }
    },
  };
}

type RootReader = (
  scope: Scope,
  query: GraphQLObjectType,
  field: Selected,
  read: RootRead,
) => Pick<RootPlan, 'load' | 'write'>;

const readers: Readonly<Record<RootRead['kind'], RootReader>> = { one: readOne, all: readAll, viewer: readViewer };

/**
 * A row by its id. Where nothing of the row itself is wanted but its lists, these are read first: one that has rows shows
 * that the row is there, and saves asking for it.
 */
function readOne(
  scope: Scope,
  query: GraphQLObjectType,
  { name, place }: Selected,
  read: RootRead,
): ReturnType<RootReader> {
  const field = fieldOf(query, name);
  const source = sourceOf(read.type);
  const shape = new SourceRows();
  const plan = scope.rowObject(scope, getNamedType(field.type) as GraphQLObjectType, shape, place);
  return {
    write: completion(scope.code, field.type, place, () => plan.write),
    async load(run) {
      const { id } = argumentsOf(run, field, place, read.type) as { id: string };
      const assumed = plan.branches.some(({ proves }) => proves) ? shape.assumed(id) : null;
      if (assumed !== null && !id.includes('\0')) {
        await loadBranches(plan.branches, [assumed], run);
        if (plan.branches.some(({ proves }) => proves?.(assumed, run) === true)) {
          run.context.spend(1);
          return assumed;
        }
      }
      const [row] = await readByKeys(run, source, shape, [id]);
      if (!Array.isArray(row)) return row;
      if (source.name === 'users' && id === run.context.viewer.userId) viewersSeen.add(run.context.viewer);
      if (assumed !== null) return assumed;
      await loadBranches(plan.branches, [row], run);
      return row;
    },
  };
}

function readAll(
  scope: Scope,
  query: GraphQLObjectType,
  { name, place }: Selected,
  read: RootRead,
): ReturnType<RootReader> {
  const field = fieldOf(query, name);
  const type = getNamedType(field.type) as GraphQLObjectType;
  const plan = connectionPlan(scope, type, { type: read.type, relation: null }, place);
  return {
    write: completion(scope.code, field.type, place, () => plan.write),
    async load(run) {
      const [page] = await plan.load(run, [null], argumentsOf(run, field, place, null));
      return page;
    },
  };
}

function readViewer(scope: Scope, query: GraphQLObjectType, { name, place }: Selected): ReturnType<RootReader> {
  const field = fieldOf(query, name);
  const shape = new CodeRows();
  const plan = scope.rowObject(scope, getNamedType(field.type) as GraphQLObjectType, shape, place);
  return {
    write: completion(scope.code, field.type, place, () => plan.write),
    async load(run) {
      const row = shape.row(run.context.viewer);
      await loadBranches(plan.branches, [row], run);
      return row;
    },
  };
}
