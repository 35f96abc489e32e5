import { Resolver } from 'type-graphql';
import { ReadOne } from '../../schema/declarations.ts';

@Resolver()
export class MessageQuery {
  @ReadOne('Message')
  message!: unknown;
}
