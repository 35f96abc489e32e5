import {
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  GraphQLID,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import { declaredTypes } from './declarations.ts';
import { bareId } from './ids.ts';

/** Which type the id in an argument or input field of this name is of. */
const typesByName: Readonly<Record<string, string>> = {
  sessionId: 'Session',
  sessionIds: 'Session',
  messageId: 'Message',
  approvalId: 'Approval',
  userId: 'User',
  ownerId: 'User',
  tokenIds: 'RefreshToken',
};

const isType = (name: string): boolean => declaredTypes.has(name);

/** Makes bare database ids of all ids in a field's arguments. `ownType` is what an argument named `id` is of. */
export function decodeIds(
  declared: readonly GraphQLArgument[],
  given: Record<string, unknown>,
  ownType: string | null,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const argument = declared.find((candidate) => candidate.name === name);
      return [name, argument === undefined ? value : decode(name, argument.type, value, ownType)];
    }),
  );
}

function decode(name: string, type: GraphQLInputType, value: unknown, ownType: string | null): unknown {
  if (value === null || value === undefined) return value;
  if (isNonNullType(type)) return decode(name, type.ofType, value, ownType);
  if (isListType(type)) return (value as unknown[]).map((item) => decode(name, type.ofType, item, ownType));
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
      const field = fields[key];
      return [key, field === undefined ? item : decode(key, field.type, item, null)];
    });
    return Object.fromEntries(entries);
  }
  if (getNamedType(type) !== GraphQLID) return value;
  const idType = name === 'id' ? ownType : typesByName[name];
  return idType == null ? value : bareId(idType, value as string, isType);
}
