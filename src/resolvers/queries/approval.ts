import { Resolver } from 'type-graphql';
import { ApprovalArguments } from '../../schema/arguments/list-arguments.ts';
import { ApprovalConnection } from '../../schema/connections.ts';
import { ReadAll, ReadOne } from '../../schema/declarations.ts';

@Resolver()
export class ApprovalQueries {
  @ReadOne('Approval')
  approval!: unknown;
  @ReadAll('Approval', { arguments: () => ApprovalArguments, connection: () => ApprovalConnection })
  approvals!: unknown;
}
