import { Field, Float, Int, ObjectType } from 'type-graphql';
import { PageInfo } from '../connections.ts';
import { typeNamed } from '../declarations.ts';

@ObjectType()
export class MessageSearchEdge {
  @Field(() => String)
  cursor!: string;
  @Field(() => typeNamed('Message'))
  node!: unknown;
  @Field(() => String, {
    description: 'The best passages as HTML: the text is escaped, matches stand in <mark>.',
  })
  snippet!: string;
  @Field(() => Float, { description: 'How well it fits; more is better.' })
  rank!: number;
}

@ObjectType()
export class MessageSearchConnection {
  @Field(() => [MessageSearchEdge])
  edges!: MessageSearchEdge[];
  @Field(() => [typeNamed('Message')])
  nodes!: unknown[];
  @Field(() => PageInfo)
  pageInfo!: PageInfo;
  @Field(() => Int, { description: 'Counted only when asked for.' })
  totalCount!: number;
}
