import { Arg, Args, Field, ID, ObjectType, Query, type ClassType } from 'type-graphql';
import { Node } from './types/node.ts';

/**
 * How a field of a type is read, declared in one line where the field is. The resolvers are derived from these
 * declarations; no type has code of its own.
 */
export type FieldDeclaration =
  | { readonly kind: 'id' }
  /** A column of the type's source. */
  | { readonly kind: 'column'; readonly column: string }
  /** The row of another type whose key is in a column of this row. */
  | { readonly kind: 'toOne'; readonly type: string; readonly by: string }
  /** The rows of another type that belong to this row, as a connection. */
  | { readonly kind: 'toMany'; readonly type: string; readonly relation: string }
  /** Has code of its own in services/computed-fields.ts, which needs these columns; with `keyOf` it gives the key of a row. */
  | { readonly kind: 'computed'; readonly needs: readonly string[]; readonly keyOf: string | null };

/** How a field of Query is read that needs no code: the row with an id, a list of all rows, or the viewer. */
export type RootRead = { readonly kind: 'one' | 'all' | 'viewer'; readonly type: string };

export interface TypeDeclaration {
  readonly name: string;
  /** Name of the source that rows of the type come from; null where rows are made by code. */
  readonly source: string | null;
  readonly type: ClassType;
  readonly fields: ReadonlyMap<string, FieldDeclaration>;
}

type Type = Parameters<typeof Field>[0] & (() => unknown);
interface FieldOptions {
  readonly nullable?: boolean;
  readonly description?: string;
}

/** A method of the class as far as type-graphql is concerned, because only methods have arguments. */
const asMethod = { value: (): void => undefined };

const types = new Map<string, TypeDeclaration>();
const fieldsOf = new WeakMap<object, Map<string, FieldDeclaration>>();

/** Every declared type, by its GraphQL name. */
export const declaredTypes: ReadonlyMap<string, TypeDeclaration> = types;

/** The class of a type by its name, so that types that refer to each other need not import each other. */
export function typeNamed(name: string): ClassType {
  const declared = types.get(name);
  if (declared === undefined) throw new Error(`No type named ${name} is declared.`);
  return declared.type;
}

/** A node type whose rows come from a source. */
export function SourceType(source: string, description?: string): ClassDecorator {
  return (target) => {
    ObjectType({ implements: Node, ...(description === undefined ? {} : { description }) })(target);
    declare(target as unknown as ClassType, source, true);
  };
}

/** A type whose rows are made by code: payloads, changes, parts of other rows. */
export function RowType(options: { node?: boolean; description?: string } = {}): ClassDecorator {
  return (target) => {
    const description = options.description === undefined ? {} : { description: options.description };
    ObjectType(options.node === true ? { implements: Node, ...description } : description)(target);
    declare(target as unknown as ClassType, null, options.node === true);
  };
}

function declare(type: ClassType, source: string | null, isNode: boolean): void {
  const fields = fieldsOf.get(type) ?? new Map<string, FieldDeclaration>();
  if (isNode) fields.set('id', { kind: 'id' });
  types.set(type.name, { name: type.name, source, type, fields });
}

export function Column(type: Type, options: FieldOptions & { column?: string } = {}): PropertyDecorator {
  const { column, ...rest } = options;
  return field(type, rest, (name) => ({ kind: 'column', column: column ?? name }));
}

export function ToOne(type: string, options: FieldOptions & { by: string }): PropertyDecorator {
  const { by, ...rest } = options;
  return field(
    () => typeNamed(type),
    { nullable: true, ...rest },
    () => ({ kind: 'toOne', type, by }),
  );
}

export function ToMany(
  type: string,
  options: { relation: string; arguments: () => ClassType; connection: () => ClassType; description?: string },
): PropertyDecorator {
  const { relation, connection, description } = options;
  return (prototype, property) => {
    Args(options.arguments)(prototype, property, 0);
    remember(prototype, property, { kind: 'toMany', type, relation });
    Field(connection, description === undefined ? {} : { description })(prototype, property, asMethod);
  };
}

export function Computed(
  type: Type,
  options: FieldOptions & { needs: readonly string[]; keyOf?: string },
): PropertyDecorator {
  const { needs, keyOf = null, ...rest } = options;
  return field(type, rest, () => ({ kind: 'computed', needs, keyOf }));
}

const reads = new Map<string, RootRead>();

/** The fields of Query that are declared, by name. */
export const rootReads: ReadonlyMap<string, RootRead> = reads;

/** A field of Query: the row with an id, or null where there is none for the viewer. */
export function ReadOne(type: string): PropertyDecorator {
  return (prototype, property) => {
    Arg('id', () => ID)(prototype, property, 0);
    rootRead(prototype, property, { kind: 'one', type }, () => typeNamed(type), { nullable: true });
  };
}

/** A field of Query: all rows that the viewer may see, as a connection. */
export function ReadAll(
  type: string,
  options: { arguments: () => ClassType; connection: () => ClassType; description?: string },
): PropertyDecorator {
  const { connection, description } = options;
  return (prototype, property) => {
    Args(options.arguments)(prototype, property, 0);
    rootRead(prototype, property, { kind: 'all', type }, connection, description === undefined ? {} : { description });
  };
}

/** A field of Query: the viewer as a row of the type. */
export function ReadViewer(type: string, options: { description: string }): PropertyDecorator {
  return (prototype, property) => {
    rootRead(prototype, property, { kind: 'viewer', type }, () => typeNamed(type), options);
  };
}

function rootRead(
  prototype: object,
  property: string | symbol,
  read: RootRead,
  type: () => ClassType,
  options: FieldOptions,
): void {
  reads.set(String(property), read);
  Query(type, options)(prototype, property, asMethod);
}

function field(type: Type, options: FieldOptions, declaration: (name: string) => FieldDeclaration): PropertyDecorator {
  return (prototype, property) => {
    remember(prototype, property, declaration(String(property)));
    Field(type as never, options)(prototype, property);
  };
}

function remember(prototype: object, property: string | symbol, declaration: FieldDeclaration): void {
  const type = prototype.constructor;
  const fields = fieldsOf.get(type) ?? new Map<string, FieldDeclaration>();
  fields.set(String(property), declaration);
  fieldsOf.set(type, fields);
}
