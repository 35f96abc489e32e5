import { Kind, type DocumentNode, type ExecutionResult, type FieldNode, type GraphQLSchema } from 'graphql';
import { badInput } from '../../shared/errors.ts';
import type { AdmittedOperation } from '../admission/admission.ts';

/** The argument that takes the cursor of an event, to go on after it. */
const argumentName = 'after';
const variableName = 'lastEventId';

/** The field of a subscription whose events can be gone on from; null where there is none. */
export function resumableField(schema: GraphQLSchema, { definition }: AdmittedOperation): FieldNode | null {
  const [field] = definition.selectionSet.selections;
  if (field?.kind !== Kind.FIELD) return null;
  const known = schema.getSubscriptionType()?.getFields()[field.name.value];
  return known?.args.some(({ name }) => name === argumentName) === true ? field : null;
}

/** The cursor of an event, where the client has asked for it. */
export function cursorOf(field: FieldNode, { data }: ExecutionResult): string | null {
  const event = data?.[(field.alias ?? field.name).value];
  const cursor: unknown = typeof event === 'object' && event !== null ? Reflect.get(event, 'cursor') : null;
  return typeof cursor === 'string' ? cursor : null;
}

/** The operation going on after this event: its cursor is put where the document has `after`. */
export function resumedAfter(
  schema: GraphQLSchema,
  admitted: AdmittedOperation,
  lastEventId: string,
): AdmittedOperation {
  const field = resumableField(schema, admitted);
  if (field === null)
    throw badInput('This subscription cannot be resumed: it has no argument `after`.', { argument: 'Last-Event-ID' });
  const given = field.arguments?.find(({ name }) => name.value === argumentName)?.value;
  if (given?.kind === Kind.VARIABLE) {
    return { ...admitted, variables: { ...admitted.variables, [given.name.value]: lastEventId } };
  }
  return {
    ...admitted,
    document: withAfterVariable(admitted.document, field),
    variables: { ...admitted.variables, [variableName]: lastEventId },
  };
}

/** Made once per document, so that whoever resumes it shares it. */
const changed = new WeakMap<FieldNode, DocumentNode>();

function withAfterVariable(document: DocumentNode, field: FieldNode): DocumentNode {
  const known = changed.get(field);
  if (known !== undefined) return known;
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variableName } } as const;
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== argumentName);
  const after = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: argumentName }, value: variable } as const;
  const type = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'String' } } as const;
  const result: DocumentNode = {
    ...document,
    definitions: document.definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.selectionSet.selections[0] === field
        ? {
            ...definition,
            variableDefinitions: [
              ...(definition.variableDefinitions ?? []),
              { kind: Kind.VARIABLE_DEFINITION, variable, type },
            ],
            selectionSet: { ...definition.selectionSet, selections: [{ ...field, arguments: [...others, after] }] },
          }
        : definition,
    ),
  };
  changed.set(field, result);
  return result;
}
