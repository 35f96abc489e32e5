import { Column, SourceType, ToOne } from '../declarations.ts';
import { DateTime } from '../scalars.ts';

@SourceType('refreshTokens')
export class RefreshToken {
  id!: string;
  @ToOne('OAuthClient', { by: 'clientKey' })
  client?: unknown;
  @Column(() => [String])
  scopes!: string[];
  @Column(() => DateTime)
  createdAt!: Date;
  @Column(() => DateTime)
  expiresAt!: Date;
  @Column(() => DateTime, { nullable: true })
  revokedAt?: Date | null;
  @Column(() => Boolean)
  isActive!: boolean;
}
