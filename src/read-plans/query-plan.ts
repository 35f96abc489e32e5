import {
  execute,
  GraphQLError,
  Kind,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import { answerTooLarge } from '../shared/allowance.ts';
import { JsonText } from '../shared/json-text.ts';
import { rootPlan, type RootPlan } from './root-plan.ts';
import { Run, type ReadContext } from './run.ts';
import { selected, type Scope } from './scope.ts';
import { WriterCode, type Writer } from './writer-code.ts';

/** An answer whose data is JSON text; null where an error left nothing of it. */
export interface PlannedAnswer {
  readonly data: JsonText | null;
  readonly errors?: readonly GraphQLError[];
}

/** A query, compiled: what it reads by plans, and the rest of it as a document for resolvers. */
export interface QueryPlan {
  answer(context: ReadContext, variables: Variables): Promise<PlannedAnswer>;
}

/** The variables as the client sent them, and as the operation's types understand them. */
export interface Variables {
  readonly given: Readonly<Record<string, unknown>>;
  readonly coerced: Readonly<Record<string, unknown>>;
}

/** Fields in the order of the answer; null in the place of one that resolvers answer. */
type Roots = ReadonlyMap<string, RootPlan | null>;

export function compileQuery(document: Omit<Scope, 'code'>, operation: OperationDefinitionNode): QueryPlan {
  const scope = { ...document, code: new WriterCode() };
  const query = scope.schema.getQueryType() as GraphQLObjectType;
  const fields = collectFields(scope.schema, scope.fragments, scope.conditions, query, operation.selectionSet);
  const roots: Roots = new Map(
    [...fields].map(([key, nodes]) => [key, rootPlan(scope, query, selected(query, key, nodes, []))]),
  );
  const planned = [...roots.values()].filter((root) => root !== null);
  const writers = scope.code.compile(planned.map(({ write }) => write));
  const left = [...fields].flatMap(([key, nodes]) => (roots.get(key) === null ? nodes : []));
  const rest = left.length === 0 ? null : restOf(scope, operation, left);
  return {
    async answer(context, variables) {
      const run = new Run(context, variables.coerced);
      const [values, resolved] = await Promise.all([
        Promise.all(planned.map((root) => root.load(run))),
        rest === null ? null : resolve(scope, rest, context, variables.given),
      ]);
      try {
        return join(roots, textsOf(run, planned, values, writers), resolved, run.errors);
      } catch (error) {
        return { data: null, errors: [tooLarge(error)] };
      }
    },
  };
}

/** The same operation with these fields of Query alone. */
function restOf({ fragments }: Scope, operation: OperationDefinitionNode, fields: readonly FieldNode[]): DocumentNode {
  const rest = { ...operation, selectionSet: { ...operation.selectionSet, selections: fields } };
  return { kind: Kind.DOCUMENT, definitions: [rest, ...Object.values(fragments)] };
}

const resolve = async (
  { schema }: Scope,
  document: DocumentNode,
  contextValue: unknown,
  variableValues: Variables['given'],
): Promise<ExecutionResult> => execute({ schema, document, contextValue, variableValues });

/** Writing fails of nothing but the answer's size, of ours or of what a string can hold. */
function tooLarge(error: unknown): GraphQLError {
  const originalError = error instanceof RangeError ? answerTooLarge() : (error as Error);
  return new GraphQLError(originalError.message, { originalError });
}

/** Up to the first field that leaves nothing of the whole answer. */
function textsOf(
  run: Run,
  planned: readonly RootPlan[],
  values: readonly unknown[],
  writers: readonly Writer[],
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [index, { key }] of planned.entries()) {
    const text = (writers[index] as Writer)(values[index], run);
    texts.set(key, text);
    if (text === '') break;
  }
  return texts;
}

function join(
  roots: Roots,
  texts: ReadonlyMap<string, string>,
  resolved: ExecutionResult | null,
  errors: readonly GraphQLError[],
): PlannedAnswer {
  const all = [...errors, ...(resolved?.errors ?? [])];
  const failed = (resolved !== null && resolved.data == null) || [...texts.values()].includes('');
  const textOf = (key: string): string => texts.get(key) ?? JSON.stringify(resolved?.data?.[key]);
  const fields = [...roots.keys()].map((key) => `${JSON.stringify(key)}:${failed ? '' : textOf(key)}`);
  return {
    data: failed ? null : new JsonText(`{${fields.join(',')}}`),
    ...(all.length === 0 ? {} : { errors: all }),
  };
}
