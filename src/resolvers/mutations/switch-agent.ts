import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { SwitchAgentInput } from '../../schema/inputs/switch-agent-input.ts';
import { SwitchAgentPayload } from '../../schema/payloads/switch-agent-payload.ts';
import type { AgentSwitched } from '../../services/agents/agent-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class SwitchAgent {
  @Mutation(() => SwitchAgentPayload, {
    description: 'Switching to the agent that the session is with already changes nothing.',
  })
  switchAgent(
    @Arg('input', () => SwitchAgentInput) input: SwitchAgentInput,
    @Ctx() context: OperationContext,
  ): Promise<AgentSwitched> {
    return context.services.agents.switchTo(context.viewer, input);
  }
}
