import { Field, Float, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars.ts';

@ObjectType({ description: 'What was used, of what the viewer may see.' })
export class UsageSummary {
  @Field(() => Int)
  sessionCount!: number;
  @Field(() => Int)
  messageCount!: number;
  @Field(() => Int)
  toolCallCount!: number;
  @Field(() => Float)
  tokenCount!: number;
  @Field(() => DateTime, { nullable: true })
  lastActivityAt?: Date | null;
}
