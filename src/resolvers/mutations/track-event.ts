import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { TrackEventInput } from '../../schema/inputs/track-event-input.ts';
import { TrackEventPayload } from '../../schema/payloads/track-event-payload.ts';
import type { EventTracked } from '../../services/events/event-service.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class TrackEvent {
  @Mutation(() => TrackEventPayload)
  trackEvent(
    @Arg('input', () => TrackEventInput) input: TrackEventInput,
    @Ctx() context: OperationContext,
  ): Promise<EventTracked> {
    return context.services.events.track(context.viewer, input);
  }
}
