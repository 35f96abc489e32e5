import { Int } from 'type-graphql';
import { Column, RowType, ToOne } from '../declarations.ts';

@RowType()
export class RevokeRefreshTokensPayload {
  @ToOne('User', { by: 'userId' })
  user?: unknown;
  @Column(() => Int, { description: 'How many were valid until now.' })
  revokedCount!: number;
}
