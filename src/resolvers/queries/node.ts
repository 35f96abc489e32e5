import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { declaredTypes } from '../../schema/declarations.ts';
import { Node } from '../../schema/types/node.ts';
import { toolCallByKey } from '../../services/messages/tool-calls.ts';
import type { Row } from '../../services/reading/source.ts';
import { badInput } from '../../shared/errors.ts';
import type { OperationContext } from '../context.ts';
import { parseGlobalId } from '../../schema/ids.ts';
import { readOne } from '../read.ts';

const maxNodes = 100;

@Resolver()
export class NodeQueries {
  @Query(() => Node, { nullable: true })
  node(
    @Arg('id', () => ID) id: string,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Row | null> {
    return readNode(id, context, info);
  }

  @Query(() => [Node], { nullable: 'items', description: 'In the order of the ids; null where there is none.' })
  nodes(
    @Arg('ids', () => [ID]) ids: string[],
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<(Row | null)[]> {
    if (ids.length > maxNodes) throw badInput(`Ask for at most ${maxNodes} nodes at once.`, { maximum: maxNodes });
    return Promise.all(ids.map((id) => readNode(id, context, info)));
  }
}

async function readNode(id: string, context: OperationContext, info: GraphQLResolveInfo): Promise<Row | null> {
  const parsed = parseGlobalId(id);
  if (parsed !== null && declaredTypes.has(parsed.type)) return readTyped(parsed.type, parsed.key, context, info);
  // A bare database id does not say of what type it is; the first type that has it for this viewer is meant.
  const types = [...declaredTypes.values()].filter((type) => type.source !== null);
  const found = await Promise.all(types.map((type) => readTyped(type.name, id, context, info)));
  return found.find((row) => row !== null) ?? null;
}

async function readTyped(
  type: string,
  key: string,
  context: OperationContext,
  info: GraphQLResolveInfo,
): Promise<Row | null> {
  const row =
    type === 'ToolCall'
      ? await toolCallByKey(context.reader, key)
      : declaredTypes.get(type)?.source == null
        ? null
        : await readOne(type, key, context, info);
  return row === null ? null : { ...row, __typename: type };
}
