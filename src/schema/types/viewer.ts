import { Column, Computed, RowType, ToOne } from '../declarations.ts';
import { UsageSummary } from './usage-summary.ts';

@RowType({ description: 'Who a token speaks for.' })
export class Viewer {
  @ToOne('User', { by: 'userId' })
  user?: unknown;
  @Column(() => [String])
  scopes!: string[];
  @Column(() => String)
  tenantId!: string;
  @Column(() => Boolean)
  isAdmin!: boolean;
  @Computed(() => UsageSummary, { needs: [], description: "Of the viewer's own sessions." })
  usage!: UsageSummary;
}
