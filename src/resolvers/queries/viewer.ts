import { Ctx, Query, Resolver } from 'type-graphql';
import { Viewer as ViewerType } from '../../schema/types/viewer.ts';
import type { Viewer } from '../../services/identity/viewer.ts';
import type { OperationContext } from '../context.ts';

@Resolver()
export class ViewerQuery {
  @Query(() => ViewerType, { description: 'Who this token speaks for.' })
  viewer(@Ctx() context: OperationContext): Viewer {
    return context.viewer;
  }
}
