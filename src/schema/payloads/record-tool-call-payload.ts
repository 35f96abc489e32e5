import { Computed, RowType, ToOne, typeNamed } from '../declarations.ts';

@RowType()
export class RecordToolCallPayload {
  @Computed(() => typeNamed('ToolCall'), { needs: [] })
  toolCall!: unknown;
  @ToOne('Message', { by: 'messageId', nullable: false })
  message!: unknown;
}
