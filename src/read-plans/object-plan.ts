import { getNamedType, getNullableType, isLeafType, isListType, isObjectType, type GraphQLObjectType } from 'graphql';
import { declaredTypes, type FieldDeclaration } from '../schema/declarations.ts';
import { globalId } from '../schema/ids.ts';
import { computedField } from '../services/computed-fields.ts';
import { viewersSeen } from '../services/identity/viewers-seen.ts';
import type { ListArguments } from '../services/reading/list-arguments.ts';
import { loadBranches, type Branch } from './branch.ts';
import { completion, leafWriter, objectWriter, type FieldWriter, type InnerWriter } from './completion.ts';
import { connectionPlan } from './connection-plan.ts';
import type { Place } from './place.ts';
import type { PlanPage } from './read-pages.ts';
import { readByKeys, type Keys } from './read-rows.ts';
import { CodeRows, SourceRows, type PlanRow, type RowShape, type Slot } from './rows.ts';
import { attempt, Failure, type Run } from './run.ts';
import {
  argumentsOf,
  fieldOf,
  selectedOf,
  sourceOf,
  typename,
  type ObjectPlan,
  type RowObject,
  type Scope,
  type Selected,
} from './scope.ts';

interface FieldPlan {
  readonly field: FieldWriter;
  readonly branch: Branch | null;
}

export const rowObject: RowObject = (scope, type, rows, place) => {
  const fields = selectedOf(scope, type, place.nodes, place).map((field) => rowField(scope, type, rows, field));
  return {
    branches: fields.flatMap(({ branch }) => branch ?? []),
    write: objectWriter(fields.map(({ field }) => field)),
  };
};

function rowField(scope: Scope, type: GraphQLObjectType, rows: RowShape, field: Selected): FieldPlan {
  if (field.name === '__typename') return { field: typename(type, field), branch: null };
  const declaration = declarationOf(type, field.name);
  switch (declaration.kind) {
    case 'id':
      return { field: idWriter(scope, type, rows, field), branch: null };
    case 'column':
      return columnPlan(scope, type, rows, field, declaration.column);
    case 'toOne': {
      const by = rows.cell(declaration.by);
      const keysOf = (parents: readonly PlanRow[]): Keys => parents.map((row) => (by(row) ?? null) as string | null);
      return toOnePlan(scope, type, rows, field, declaration.type, keysOf);
    }
    case 'toMany':
      return toManyPlan(scope, type, rows, field, declaration);
    case 'computed':
      return computedPlan(scope, type, rows, field, declaration);
  }
}

/** What is not declared is a property of an object that code made. */
const declarationOf = (type: GraphQLObjectType, name: string): FieldDeclaration =>
  declaredTypes.get(type.name)?.fields.get(name) ?? { kind: 'column', column: name };

function idWriter({ code }: Scope, type: GraphQLObjectType, rows: RowShape, { key }: Selected): FieldWriter {
  const id = rows.cellCode('id');
  return { key, text: (row) => `'"' + ${code.constant(globalId)}('${type.name}', ${id(row)}) + '"'` };
}

function columnPlan(
  { code }: Scope,
  type: GraphQLObjectType,
  rows: RowShape,
  { key, name, place }: Selected,
  column: string,
): FieldPlan {
  const fieldType = fieldOf(type, name).type;
  const leafType = getNamedType(fieldType);
  if (!isLeafType(leafType)) throw new Error(`${place.coordinate} is a column and not a scalar.`);
  const leaf = rows.leaf(leafType, isListType(getNullableType(fieldType)));
  const write = completion(code, fieldType, place, leafWriter(code, leaf));
  const cell = rows.cellCode(column);
  return { field: { key, text: (row) => `${write}(${cell(row)}, run)` }, branch: null };
}

/** A field whose value is loaded into a slot. */
function slotWriter(
  { code }: Scope,
  type: GraphQLObjectType,
  { key, name, place }: Selected,
  slot: Slot,
  inner: InnerWriter,
): FieldWriter {
  const write = completion(code, fieldOf(type, name).type, place, inner);
  return { key, text: (row) => `${write}(${slot.code(row)}, run)` };
}

/** A child's plan is made where its place is known: below a list that is the place of an item. */
function childWriter(compile: (place: Place) => ObjectPlan): {
  readonly inner: InnerWriter;
  readonly branches: Branch[];
} {
  const branches: Branch[] = [];
  const inner: InnerWriter = (place) => {
    const plan = compile(place);
    branches.push(...plan.branches);
    return plan.write;
  };
  return { inner, branches };
}

const isRow = (value: unknown): value is PlanRow => Array.isArray(value);

type KeysOf = (parents: readonly PlanRow[], run: Run) => Keys | Promise<Keys>;

function toOnePlan(
  scope: Scope,
  type: GraphQLObjectType,
  rows: RowShape,
  field: Selected,
  target: string,
  keysOf: KeysOf,
): FieldPlan {
  const targetType = getNamedType(fieldOf(type, field.name).type) as GraphQLObjectType;
  const source = sourceOf(target);
  const shape = new SourceRows();
  const child = childWriter((place) => scope.rowObject(scope, targetType, shape, place));
  const slot = rows.slot();
  const writer = slotWriter(scope, type, field, slot, child.inner);
  const branch: Branch = {
    async load(parents, run) {
      const found = await readByKeys(run, source, shape, await keysOf(parents, run));
      parents.forEach((row, index) => slot.set(row, found[index]));
      await loadBranches(child.branches, found.filter(isRow), run);
    },
  };
  return { field: writer, branch };
}

function toManyPlan(
  scope: Scope,
  type: GraphQLObjectType,
  rows: RowShape,
  field: Selected,
  { type: target, relation }: Extract<FieldDeclaration, { kind: 'toMany' }>,
): FieldPlan {
  const connectionType = getNamedType(fieldOf(type, field.name).type) as GraphQLObjectType;
  const plan = connectionPlan(scope, connectionType, { type: target, relation }, field.place);
  const canProve = proofOf(type, target, relation);
  const id = rows.cell('id');
  const slot = rows.slot();
  const branch: Branch = {
    async load(parents, run) {
      const given = attempt(() => argumentsOf(run, fieldOf(type, field.name), field.place, null) as ListArguments);
      const keys = parents.map((row) => id(row) as string);
      const loaded =
        given instanceof Failure
          ? given
          : await plan.load(run, keys, given).catch((error: unknown) => new Failure(error));
      parents.forEach((row, index) => slot.set(row, loaded instanceof Failure ? loaded : loaded[index]));
    },
    ...(canProve !== null && {
      proves(row, run) {
        const of = slot.get(row) as PlanPage | Failure;
        return !(of instanceof Failure) && of.page.nodes.length > 0 && canProve(id(row) as string, run);
      },
    }),
  };
  return { field: slotWriter(scope, type, field, slot, () => plan.write), branch };
}

/** Of which rows of this type it is known that they are there by the rows of the relation that belong to them; null: of none. */
function proofOf(
  { name }: GraphQLObjectType,
  target: string,
  relation: string,
): ((key: string, run: Run) => boolean) | null {
  const parent = declaredTypes.get(name)?.source;
  const { visibleThrough, ownedThrough } = sourceOf(target);
  if (visibleThrough?.relation === relation && visibleThrough.provesParent === parent) return () => true;
  if (ownedThrough === relation && parent === 'users')
    return (key, { context }) => key === context.viewer.userId && viewersSeen.has(context.viewer);
  return null;
}

function computedPlan(
  scope: Scope,
  type: GraphQLObjectType,
  rows: RowShape,
  field: Selected,
  { needs, keyOf }: Extract<FieldDeclaration, { kind: 'computed' }>,
): FieldPlan {
  const code = computedField(type.name, field.name);
  const object = rows.object(needs);
  const valueType = getNamedType(fieldOf(type, field.name).type);
  const names = isObjectType(valueType) ? selectedOf(scope, valueType, field.place.nodes, field.place) : [];
  const wanted = new Set(names.map(({ name }) => name));
  const compute = async (parents: readonly PlanRow[], run: Run): Promise<unknown[]> => {
    try {
      const values = await code(run.context.reader, parents.map(object), (name) => wanted.has(name));
      return values.map((value) => (value instanceof Error ? new Failure(value) : value));
    } catch (error) {
      const failed = new Failure(error);
      return parents.map(() => failed);
    }
  };
  if (keyOf !== null) return toOnePlan(scope, type, rows, field, keyOf, compute as KeysOf);
  return computedValuePlan(scope, type, rows, field, compute);
}

function computedValuePlan(
  scope: Scope,
  type: GraphQLObjectType,
  rows: RowShape,
  field: Selected,
  compute: (parents: readonly PlanRow[], run: Run) => Promise<unknown[]>,
): FieldPlan {
  const slot = rows.slot();
  const made = new CodeRows();
  const fieldType = fieldOf(type, field.name).type;
  const valueType = getNamedType(fieldType);
  if (isLeafType(valueType)) {
    const branch: Branch = {
      async load(parents, run) {
        (await compute(parents, run)).forEach((value, index) => slot.set(parents[index] as PlanRow, value));
      },
    };
    return { field: slotWriter(scope, type, field, slot, leafWriter(scope.code, made.leaf(valueType))), branch };
  }
  const child = childWriter((place) => scope.rowObject(scope, valueType as GraphQLObjectType, made, place));
  const isList = isListType(getNullableType(fieldType));
  const branch: Branch = {
    async load(parents, run) {
      const values = await compute(parents, run);
      const children: PlanRow[] = [];
      const wrap = (object: object): PlanRow => {
        const row = made.row(object);
        children.push(row);
        return row;
      };
      parents.forEach((row, index) => {
        const value = values[index];
        if (value instanceof Failure || value == null) slot.set(row, value);
        else slot.set(row, isList ? (value as object[]).map(wrap) : wrap(value));
      });
      await loadBranches(child.branches, children, run);
    },
  };
  return { field: slotWriter(scope, type, field, slot, child.inner), branch };
}
