import {
  extendSchema,
  Kind,
  parse,
  print,
  printSchema,
  visit,
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type GraphQLUnionType,
} from 'graphql';
import { declaredTypes } from '../schema/declarations.ts';
import type { Row } from '../services/reading/source.ts';
import { badInput } from '../shared/errors.ts';
import type { OperationContext } from './context.ts';
import { bareId } from '../schema/ids.ts';
import { readOne } from './read.ts';

/** What other subgraphs may refer to, by the global id. */
const entities: readonly string[] = ['Session', 'Message', 'User'];
const maxRepresentations = 100;

const machinery = `
  scalar _Any
  union _Entity = ${entities.join(' | ')}
  type _Service { sdl: String! }
  extend type Query {
    _service: _Service!
    _entities(representations: [_Any!]!): [_Entity]!
  }`;

type Resolver = NonNullable<GraphQLField<unknown, OperationContext>['resolve']>;

/** The schema as a subgraph of an Apollo federation: the same types and rules, and entities that are read like any node. */
export function asSubgraph(schema: GraphQLSchema): GraphQLSchema {
  const sdl = subgraphSdl(schema);
  const subgraph = extendSchema(schema, parse(machinery));
  const fields = subgraph.getQueryType()?.getFields() ?? {};
  resolveWith(fields['_service'], () => ({ sdl }));
  resolveWith(fields['_entities'], (_root, { representations }, context, info) =>
    readEntities(representations as unknown[], context, info),
  );
  const entity = subgraph.getType('_Entity') as GraphQLUnionType;
  entity.resolveType = ({ __typename }: { __typename: string }) => __typename;
  return subgraph;
}

function resolveWith(field: GraphQLField<unknown, OperationContext> | undefined, resolve: Resolver): void {
  if (field !== undefined) field.resolve = resolve;
}

/** What `rover` and `@apollo/composition` compose. */
export function subgraphSdl(schema: GraphQLSchema): string {
  const marked = visit(parse(printSchema(schema)), {
    ObjectTypeDefinition: (node) => {
      if (entities.includes(node.name.value)) return { ...node, directives: [directive('@key(fields: "id")')] };
      // Every subgraph with connections has a PageInfo of this shape.
      return node.name.value === 'PageInfo' ? { ...node, directives: [directive('@shareable')] } : undefined;
    },
  });
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])`;
  return `${link}\n\n${print(marked)}\n`;
}

function directive(text: string): ConstDirectiveNode {
  const [definition] = parse(`type Any ${text} { any: Any }`).definitions;
  if (definition?.kind !== Kind.OBJECT_TYPE_DEFINITION) throw new Error(`${text} is no directive.`);
  return definition.directives?.[0] as ConstDirectiveNode;
}

/** In the order of the representations; null where there is none that the viewer may see, as in `nodes`. */
function readEntities(
  representations: readonly unknown[],
  context: OperationContext,
  info: GraphQLResolveInfo,
): Promise<(Row | null)[]> {
  if (representations.length > maxRepresentations) {
    throw badInput(`Ask for at most ${maxRepresentations} entities at once.`, { maximum: maxRepresentations });
  }
  return Promise.all(representations.map((representation) => readEntity(representation, context, info)));
}

async function readEntity(
  representation: unknown,
  context: OperationContext,
  info: GraphQLResolveInfo,
): Promise<Row | null> {
  const { __typename: type, id } = (representation ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || !entities.includes(type) || typeof id !== 'string') {
    throw badInput(`An entity is named by its __typename (${entities.join(', ')}) and its id.`);
  }
  const row = await readOne(
    type,
    bareId(type, id, (name) => declaredTypes.has(name)),
    context,
    info,
  );
  return row === null ? null : { ...row, __typename: type };
}
