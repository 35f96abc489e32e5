import { getNamedType, type GraphQLLeafType, type GraphQLObjectType } from 'graphql';
import { listQueryOf, type ListArguments } from '../services/reading/list-arguments.ts';
import { pageReadingOf } from '../services/reading/page-reading.ts';
import { loadBranches, type Branch } from './branch.ts';
import { completion, leafWriter, objectWriter, type FieldWriter, type InnerWriter } from './completion.ts';
import { cursorLeaf, leafOfValue } from './leaves.ts';
import type { Place } from './place.ts';
import { readPages, type PlanPage } from './read-pages.ts';
import { SourceRows } from './rows.ts';
import { Failure, type Run } from './run.ts';
import { fieldOf, selectedOf, sourceOf, typename, type Scope, type Selected } from './scope.ts';
import type { WriterBody } from './writer-code.ts';

/** The pages of a connection: how they are loaded for many parents, and how one is written. */
export interface ConnectionPlan {
  load(run: Run, parents: readonly (string | null)[], listArguments: ListArguments): Promise<(PlanPage | Failure)[]>;
  readonly write: WriterBody;
}

/** What the fields of a connection ask of its pages. */
class Asked {
  readonly rows = new SourceRows();
  readonly branches: Branch[] = [];
  places = false;
  more = false;
  total = false;
}

/** The connection to a type, below a place; its rows are related to their parents, or to none. */
export function connectionPlan(
  scope: Scope,
  type: GraphQLObjectType,
  node: { readonly type: string; readonly relation: string | null },
  place: Place,
): ConnectionPlan {
  const asked = new Asked();
  const source = sourceOf(node.type);
  const write = objectWriter(
    selectedOf(scope, type, place.nodes, place).map((field) => connectionField(scope, type, field, asked)),
  );
  return {
    write,
    async load(run, parents, listArguments) {
      const query = listQueryOf(listArguments);
      const { rows: shape } = asked;
      const { relation } = node;
      const reading = pageReadingOf(
        { ...query, source, relation, columns: shape.columns, withPlaces: asked.places, withMore: asked.more },
        run.context.viewer,
      );
      const loaded = await readPages(run, { reading, request: query.request, shape, counted: asked.total }, parents);
      const rows = loaded.flatMap((of) => (of instanceof Failure ? [] : of.page.nodes));
      await loadBranches(asked.branches, rows, run);
      return loaded;
    },
  };
}

/** Of a PlanPage. */
function connectionField(scope: Scope, type: GraphQLObjectType, field: Selected, asked: Asked): FieldWriter {
  const write = (get: string, inner: InnerWriter): FieldWriter => fieldWriter(scope, type, field, get, inner);
  switch (field.name) {
    case 'nodes':
      return write('page.nodes', nodeWriter(scope, type, field, asked));
    case 'edges':
      return write('page.edges', edgeWriter(scope, type, field, asked));
    case 'pageInfo':
      return write('page.pageInfo', pageInfoWriter(scope, type, field, asked));
    case 'totalCount':
      asked.total = true;
      return write('total', leafWriter(scope.code, leafOfValue(leafTypeOf(type, field))));
    default:
      return typename(type, field);
  }
}

/** A field whose value is a property of the object. */
function fieldWriter(
  { code }: Scope,
  type: GraphQLObjectType,
  { key, name, place }: Selected,
  property: string,
  inner: InnerWriter,
): FieldWriter {
  const write = completion(code, fieldOf(type, name).type, place, inner);
  return { key, text: (object) => `${write}(${object}.${property}, run)` };
}

const objectTypeOf = (type: GraphQLObjectType, { name }: Selected): GraphQLObjectType =>
  getNamedType(fieldOf(type, name).type) as GraphQLObjectType;

const leafTypeOf = (type: GraphQLObjectType, { name }: Selected): GraphQLLeafType =>
  getNamedType(fieldOf(type, name).type) as GraphQLLeafType;

const nodeWriter =
  (scope: Scope, type: GraphQLObjectType, field: Selected, asked: Asked): InnerWriter =>
  (place) => {
    const plan = scope.rowObject(scope, objectTypeOf(type, field), asked.rows, place);
    asked.branches.push(...plan.branches);
    return plan.write;
  };

const edgeWriter =
  (scope: Scope, type: GraphQLObjectType, edges: Selected, asked: Asked): InnerWriter =>
  (place) => {
    const edgeType = objectTypeOf(type, edges);
    return objectWriter(
      selectedOf(scope, edgeType, place.nodes, place).map((field) => {
        if (field.name === '__typename') return typename(edgeType, field);
        if (field.name === 'node')
          return fieldWriter(scope, edgeType, field, 'node', nodeWriter(scope, edgeType, field, asked));
        asked.places = true;
        return fieldWriter(scope, edgeType, field, 'cursor', leafWriter(scope.code, cursorLeaf));
      }),
    );
  };

const pageInfoWriter =
  (scope: Scope, type: GraphQLObjectType, pageInfo: Selected, asked: Asked): InnerWriter =>
  (place) => {
    const infoType = objectTypeOf(type, pageInfo);
    return objectWriter(
      selectedOf(scope, infoType, place.nodes, place).map((field) => {
        if (field.name === '__typename') return typename(infoType, field);
        if (field.name.endsWith('Cursor')) asked.places = true;
        else asked.more = true;
        const leaf = field.name.endsWith('Cursor') ? cursorLeaf : leafOfValue(leafTypeOf(infoType, field));
        return fieldWriter(scope, infoType, field, field.name, leafWriter(scope.code, leaf));
      }),
    );
  };
