import { Int } from 'type-graphql';
import { Column, Computed, RowType, ToOne, typeNamed } from '../declarations.ts';
import { DateTime, JSONValue } from '../scalars.ts';

@RowType({
  node: true,
  description:
    "One call of a tool: asked for by an assistant's message, answered by a TOOL message or recorded by a tool server.",
})
export class ToolCall {
  id!: string;
  @Column(() => String)
  name!: string;
  @Column(() => String, { nullable: true, description: 'The id that the model gave the call.' })
  toolCallId?: string | null;
  @Column(() => String, { nullable: true })
  serverName?: string | null;
  @Column(() => JSONValue, { nullable: true })
  arguments?: unknown;
  @Column(() => JSONValue, { nullable: true })
  result?: unknown;
  @Column(() => String, { nullable: true })
  error?: string | null;
  @Column(() => Int, { nullable: true })
  executionTimeMs?: number | null;
  @Column(() => DateTime)
  createdAt!: Date;
  @ToOne('Message', { by: 'messageId', nullable: false })
  message!: unknown;
  @Computed(() => typeNamed('Approval'), { nullable: true, needs: [], keyOf: 'Approval' })
  approval?: unknown;
}
