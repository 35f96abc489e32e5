import { Column, SourceType } from '../declarations.ts';
import { DateTime } from '../scalars.ts';

@SourceType('agentSwitches')
export class AgentSwitch {
  id!: string;
  @Column(() => String, { nullable: true })
  fromAgent?: string | null;
  @Column(() => String)
  toAgent!: string;
  @Column(() => String, { nullable: true })
  reason?: string | null;
  @Column(() => DateTime)
  switchedAt!: Date;
}
