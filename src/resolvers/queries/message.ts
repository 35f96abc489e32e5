import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { Message } from '../../schema/types/message.ts';
import type { Row } from '../../services/reading/source.ts';
import type { OperationContext } from '../context.ts';
import { readOne } from '../read.ts';

@Resolver()
export class MessageQuery {
  @Query(() => Message, { nullable: true })
  message(
    @Arg('id', () => ID) id: string,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Row | null> {
    return readOne('Message', id, context, info);
  }
}
