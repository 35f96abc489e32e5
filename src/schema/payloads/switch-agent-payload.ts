import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class SwitchAgentPayload {
  @ToOne('Session', { by: 'sessionId', nullable: false })
  session!: unknown;
  @ToOne('AgentSwitch', {
    by: 'agentSwitchId',
    description:
      'The switch to the agent that the session is with now; an earlier one where it was with that agent already.',
  })
  agentSwitch?: unknown;
}
