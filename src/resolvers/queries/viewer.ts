import { Resolver } from 'type-graphql';
import { ReadViewer } from '../../schema/declarations.ts';

@Resolver()
export class ViewerQuery {
  @ReadViewer('Viewer', { description: 'Who this token speaks for.' })
  viewer!: unknown;
}
