import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';
import type { DocumentLimits } from '../../config/limits.ts';
import type { ScrollbackError } from '../../shared/errors.ts';
import { tooComplex } from './refused.ts';

/** What can be counted without a schema. Fragments count at each of their uses. */
export interface Shape {
  readonly depth: number;
  readonly fields: number;
  /** Of the outermost level alone. */
  readonly rootFields: number;
  readonly aliases: number;
  readonly directives: number;
  readonly duplicateFields: number;
}

const nothing: Shape = { depth: 0, fields: 0, rootFields: 0, aliases: 0, directives: 0, duplicateFields: 0 };

/**
 * The first limit that a document is beyond. It is asked before validation, because some rules of validation take time
 * that grows with the square of what is counted here.
 */
export function shapeProblem(document: DocumentNode, limits: DocumentLimits): ScrollbackError | null {
  const fragments = fragmentsOf(document);
  if (fragments.size > limits.fragments)
    return tooComplex('MAX_FRAGMENTS', limits.fragments, `A document has at most ${limits.fragments} fragments.`);
  const measure = measurerOf(fragments);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const shape = measure(definition.selectionSet);
    const directives = shape.directives + (definition.directives?.length ?? 0);
    const problem = beyond({ ...shape, directives }, limits);
    if (problem !== null) return problem;
  }
  return null;
}

/** Of all operations, with fragments at each of their uses. */
export function fieldsIn(document: DocumentNode): number {
  const measure = measurerOf(fragmentsOf(document));
  return sum(
    ...document.definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? measure(definition.selectionSet).fields : 0,
    ),
  );
}

function beyond(shape: Shape, limits: DocumentLimits): ScrollbackError | null {
  const checks = [
    ['MAX_DEPTH', shape.depth, limits.depth, 'levels of fields within fields', 'ask for less depth'],
    ['MAX_FIELDS', shape.fields, limits.fields, 'fields', 'ask for fewer fields'],
    ['MAX_ROOT_FIELDS', shape.rootFields, limits.rootFields, 'root fields', 'send several operations'],
    ['MAX_ALIASES', shape.aliases, limits.aliases, 'aliases', 'send several operations'],
    ['MAX_DIRECTIVES', shape.directives, limits.directives, 'directives', 'leave some out'],
    ['MAX_DUPLICATE_FIELDS', shape.duplicateFields, limits.duplicateFields, 'repeated fields', 'name each once'],
  ] as const;
  const broken = checks.find(([, actual, maximum]) => maximum > 0 && actual > maximum);
  if (broken === undefined) return null;
  const [limit, , maximum, what, advice] = broken;
  return tooComplex(limit, maximum, `An operation has at most ${maximum} ${what}; ${advice}.`);
}

/** Deep enough for any fragment bomb to be seen, and small enough to add up. */
const countCeiling = 1e9;

/** Measures a selection set; each fragment is measured once. One that contains itself is left to validation. */
function measurerOf(fragments: ReadonlyMap<string, FragmentDefinitionNode>): (set: SelectionSetNode) => Shape {
  const known = new Map<string, Shape>();
  const measureFragment = (name: string): Shape => {
    const measured = known.get(name);
    if (measured !== undefined) return measured;
    known.set(name, nothing);
    const fragment = fragments.get(name);
    const shape = fragment === undefined ? nothing : measure(fragment.selectionSet);
    known.set(name, shape);
    return shape;
  };
  const measure = ({ selections }: SelectionSetNode): Shape => {
    const total = { ...nothing };
    const names = new Set<string>();
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? measureFragment(selection.name.value)
          : selection.selectionSet === undefined
            ? nothing
            : measure(selection.selectionSet);
      const alias = isField ? selection.alias : undefined;
      const name = selection.kind === Kind.INLINE_FRAGMENT ? null : (alias ?? selection.name).value;
      const isRepeated = name !== null && names.has(`${selection.kind} ${name}`);
      names.add(`${selection.kind} ${name}`);
      total.depth = Math.max(total.depth, inner.depth + (isField ? 1 : 0));
      total.fields = sum(total.fields, inner.fields, isField ? 1 : 0);
      total.rootFields = sum(total.rootFields, isField ? 1 : inner.rootFields);
      total.aliases = sum(total.aliases, inner.aliases, alias === undefined ? 0 : 1);
      total.directives = sum(total.directives, inner.directives, selection.directives?.length ?? 0);
      total.duplicateFields = sum(total.duplicateFields, inner.duplicateFields, isRepeated ? 1 : 0);
    }
    return total;
  };
  return measure;
}

const sum = (...counts: number[]): number =>
  Math.min(
    countCeiling,
    counts.reduce((total, each) => total + each, 0),
  );

const fragmentsOf = (document: DocumentNode): Map<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
