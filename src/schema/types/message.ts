import { Int } from 'type-graphql';
import { Column, Computed, SourceType, ToOne, typeNamed } from '../declarations.ts';
import { MessageRole } from '../enums.ts';
import { DateTime, JSONObject } from '../scalars.ts';

@SourceType('messages')
export class Message {
  id!: string;
  @ToOne('Session', { by: 'sessionId', nullable: false })
  session!: unknown;
  @Column(() => Int, {
    description: 'Position in the session: 1, 2, 3 … without gaps, in commit order, never reused.',
  })
  sequence!: number;
  @Column(() => MessageRole)
  role!: MessageRole;
  @Column(() => String, { nullable: true })
  content?: string | null;
  @ToOne('User', { by: 'authorId' })
  author?: unknown;
  @Column(() => String, { nullable: true, description: 'Tool that answered, where role is TOOL.' })
  name?: string | null;
  @Column(() => String, { nullable: true })
  toolCallId?: string | null;
  @Computed(() => [typeNamed('ToolCall')], { needs: ['id', 'sessionId', 'toolCallsText', 'createdAt'] })
  toolCalls!: unknown[];
  @Column(() => Int, { nullable: true })
  tokenCount?: number | null;
  @Column(() => String, { nullable: true })
  model?: string | null;
  @Column(() => Int, { nullable: true })
  latencyMs?: number | null;
  @Computed(() => JSONObject, { needs: ['metadataText'] })
  metadata!: Record<string, unknown>;
  @Column(() => DateTime)
  createdAt!: Date;
  @Column(() => DateTime, { nullable: true })
  editedAt?: Date | null;
}
