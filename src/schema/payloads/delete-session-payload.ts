import { ID } from 'type-graphql';
import { Column, RowType, ToOne } from '../declarations.ts';

@RowType()
export class DeleteSessionPayload {
  @Column(() => ID, { description: "The session's database id." })
  deletedSessionId!: string;
  @ToOne('Session', {
    by: 'deletedSessionId',
    description: 'null for those who no longer see it: only administrators see deleted sessions.',
  })
  session?: unknown;
}
