import 'reflect-metadata';
import { isObjectType, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { access } from '../schema/access.ts';
import '../schema/all-types.ts';
import { declaredTypes, rootReads } from '../schema/declarations.ts';
import { sources } from '../services/sources.ts';
import type { OperationContext } from './context.ts';
import { decodeIds } from '../schema/decode-ids.ts';
import { derivedResolver, rootResolver } from './derived.ts';
import { asSubgraph } from './federation.ts';
import { guarded } from './guard.ts';
import { allResolvers } from './all-resolvers.ts';

type Field = GraphQLField<unknown, OperationContext>;
type Resolver = NonNullable<Field['resolve']>;

/**
 * The executable schema: type-graphql's, with derived resolvers on all types and the access table in front of all
 * operations. `federation` adds what makes it a subgraph.
 */
export function assembleSchema(options: { federation?: boolean } = {}): GraphQLSchema {
  checkDeclarations();
  const plain = buildSchemaSync({ resolvers: allResolvers, validate: false, pubSub: noTopics });
  const schema = options.federation === true ? asSubgraph(plain) : plain;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const root of roots) if (root != null) guardRoot(root);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type) && !roots.includes(type) && !type.name.startsWith('__')) deriveResolvers(type);
  }
  checkAccessTable(roots);
  return schema;
}

const unused = (): never => {
  throw new Error('Subscriptions follow the logs; there are no topics to publish to.');
};

/** type-graphql wants one wherever there are subscriptions. */
const noTopics: PubSub = { publish: unused, subscribe: unused };

function guardRoot(root: GraphQLObjectType): void {
  for (const field of Object.values(root.getFields()) as Field[]) {
    const read = root.name === 'Query' ? rootReads.get(field.name) : undefined;
    if (read !== undefined) field.resolve = rootResolver(read) as Resolver;
    if (field.subscribe === undefined) {
      if (field.resolve !== undefined) field.resolve = guarded(field, root.name, field.resolve);
    } else {
      field.subscribe = guarded(field, root.name, field.subscribe);
      // A subscription lives on: what was read for the last event says nothing about this one.
      field.resolve = (event, _arguments, context) => {
        context.startEvent();
        return event;
      };
    }
  }
}

/** Fields that are not declared are properties or methods of what the resolver above returned. */
function deriveResolvers(type: GraphQLObjectType): void {
  const declared = declaredTypes.get(type.name)?.fields;
  for (const field of Object.values(type.getFields()) as Field[]) {
    const declaration = declared?.get(field.name);
    if (declaration === undefined) delete field.resolve;
    else field.resolve = withBareIds(field, derivedResolver(type.name, field.name, declaration) as Resolver);
  }
}

const withBareIds = (field: Field, resolve: Resolver): Resolver =>
  field.args.length === 0
    ? resolve
    : (row, given, context, info) =>
        resolve(row, decodeIds(field.args, given as Record<string, unknown>, null), context, info);

/** A declaration that names a column or relation which is not there is found at start, not by the first client. */
function checkDeclarations(): void {
  for (const { name, source: sourceName, fields } of declaredTypes.values()) {
    const source = sourceName === null ? null : sources.get(sourceName);
    if (source === undefined) throw new Error(`Type ${name} reads from ${sourceName ?? ''}, which is no source.`);
    for (const [field, declaration] of fields) {
      if (declaration.kind === 'toMany' || declaration.kind === 'toOne') {
        const target = declaredTypes.get(declaration.type);
        if (target === undefined)
          throw new Error(`${name}.${field} refers to ${declaration.type}, which is no declared type.`);
        if (
          declaration.kind === 'toMany' &&
          sources.get(target.source ?? '')?.relations?.[declaration.relation] === undefined
        ) {
          throw new Error(`${name}.${field} needs a relation ${declaration.relation} of ${target.source ?? ''}.`);
        }
      }
      if (source === null) continue;
      const needs =
        declaration.kind === 'column'
          ? [declaration.column]
          : declaration.kind === 'toOne'
            ? [declaration.by]
            : declaration.kind === 'computed'
              ? declaration.needs
              : ['id'];
      const missing = needs.find((column) => source.columns[column] === undefined);
      if (missing !== undefined) throw new Error(`${name}.${field} needs a column ${missing} of ${source.name}.`);
    }
  }
}

function checkAccessTable(roots: readonly (GraphQLObjectType | null | undefined)[]): void {
  const paths = new Set(
    roots.flatMap((root) => Object.keys(root?.getFields() ?? {}).map((name) => `${root?.name}.${name}`)),
  );
  // What a subgraph adds is there only when it is switched on.
  const dead = Object.keys(access).find((path) => !paths.has(path) && !path.startsWith('Query._'));
  if (dead !== undefined) throw new Error(`The access table has a row for ${dead}, which is no operation.`);
}
