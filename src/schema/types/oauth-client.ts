import { Column, Computed, SourceType } from '../declarations.ts';
import { DateTime } from '../scalars.ts';

@SourceType('oauthClients')
export class OAuthClient {
  id!: string;
  @Column(() => String)
  clientId!: string;
  @Column(() => String)
  name!: string;
  @Column(() => String, { nullable: true })
  description?: string | null;
  @Column(() => Boolean)
  isConfidential!: boolean;
  @Column(() => [String])
  allowedScopes!: string[];
  @Computed(() => [String], { needs: ['allowedGrantTypesText'] })
  allowedGrantTypes!: string[];
  @Column(() => Boolean)
  isActive!: boolean;
  @Column(() => DateTime)
  createdAt!: Date;
}
