import {
  execute,
  getOperationAST,
  getVariableValues,
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { rowObject } from './object-plan.ts';
import { compileQuery, type PlannedAnswer, type QueryPlan } from './query-plan.ts';
import type { ReadContext } from './run.ts';

/** A validated document, and what the client said beside it. */
export interface Request {
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** Plans of one operation, by the values of the variables that include and skip fields. */
interface Compiled {
  readonly operation: OperationDefinitionNode;
  readonly conditions: readonly string[];
  readonly plans: Map<string, QueryPlan>;
}

/** Further combinations of conditions are answered by resolvers: nobody's pages have as many, and each plan takes room. */
const maxPlansPerOperation = 8;

/** Executes operations: queries by plans, which are compiled once per document, everything else by resolvers. */
export class Planner {
  readonly #schema: GraphQLSchema;
  /** Plans live as long as their documents, whose cache is bounded and holds valid ones only. */
  readonly #compiled = new WeakMap<DocumentNode, Map<string, Compiled>>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  async execute(request: Request, context: ReadContext): Promise<PlannedAnswer | ExecutionResult> {
    const { document, operationName, variables } = request;
    const compiled = this.#compiledOf(document, operationName ?? '');
    const schema = this.#schema;
    const given = variables ?? {};
    const resolved = (): ReturnType<typeof execute> =>
      execute({ schema, document, operationName, variableValues: given, contextValue: context });
    if (compiled === null) return resolved();
    const { operation } = compiled;
    const values = getVariableValues(schema, operation.variableDefinitions ?? [], given, { maxErrors: 50 });
    if (values.errors !== undefined) return { errors: values.errors };
    // Whether a field is there cannot be null; graphql-js says so in the place of the field.
    if (compiled.conditions.some((name) => values.coerced[name] === null)) return resolved();
    const plan = this.#planOf(document, compiled, values.coerced);
    return plan === null ? resolved() : plan.answer(context, { given, coerced: values.coerced });
  }

  /** null for what is not a query. */
  #compiledOf(document: DocumentNode, operationName: string): Compiled | null {
    const known = this.#compiled.get(document) ?? new Map<string, Compiled>();
    let compiled = known.get(operationName);
    if (compiled === undefined) {
      const operation = getOperationAST(document, operationName === '' ? null : operationName);
      if (operation?.operation !== OperationTypeNode.QUERY) return null;
      compiled = { operation, conditions: conditionsOf(document), plans: new Map() };
      this.#compiled.set(document, known.set(operationName, compiled));
    }
    return compiled;
  }

  /** null where the operation has as many plans as it may. */
  #planOf(document: DocumentNode, compiled: Compiled, variables: Readonly<Record<string, unknown>>): QueryPlan | null {
    const { conditions, operation, plans } = compiled;
    const values = Object.fromEntries(conditions.map((name) => [name, variables[name]]));
    const key = JSON.stringify(values);
    let plan = plans.get(key);
    if (plan === undefined) {
      if (plans.size >= maxPlansPerOperation) return null;
      const scope = { schema: this.#schema, fragments: fragmentsOf(document), conditions: values, rowObject };
      plan = compileQuery(scope, operation);
      plans.set(key, plan);
    }
    return plan;
  }
}

/** The variables that stand in the document's @skip and @include. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given }) => {
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}
