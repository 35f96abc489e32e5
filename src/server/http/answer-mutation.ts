import { HeaderMap, type ApolloServer } from '@apollo/server';
import { OperationContext } from '../../resolvers/context.ts';
import { viewerFrom } from '../admission/caller.ts';
import { currentOperation } from '../current-operation.ts';
import type { Edge } from '../edge.ts';
import { requestLog } from '../request-log.ts';
import type { Asked, HttpAnswer } from './asked.ts';

export type Apollo = ApolloServer<OperationContext>;

/** A mutation, executed by Apollo Server. */
export function answerMutation(edge: Edge, apollo: Apollo, asked: Asked): Promise<HttpAnswer> {
  const { admitted, caller, requestId } = asked;
  return currentOperation.run({ log: requestLog(edge, requestId, caller.address), admitted }, () =>
    execute(edge, apollo, asked),
  );
}

/** Apollo Server hashes what it is given to look it up, and finds the admitted document whatever the hash. */
const anyDocument = '{ __typename }';

async function execute(
  edge: Edge,
  apollo: Apollo,
  { admitted, caller, requestId, contentType, origin, leaving }: Asked,
): Promise<HttpAnswer> {
  const { operationName, variables } = admitted;
  const headers = new HeaderMap([
    ['accept', contentType],
    ['content-type', 'application/json'],
  ]);
  const body = { query: anyDocument, operationName, variables };
  const httpGraphQLRequest = { method: 'POST', headers, search: '', body };
  const context = (): Promise<OperationContext> =>
    Promise.resolve(new OperationContext(edge.gateway, viewerFrom(caller, origin), requestId, leaving));
  const { status = 200, body: answer } = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
  if (answer.kind !== 'complete') throw new Error('Incremental delivery is not served.');
  // Variables that do not fit are said with 400, which is for the newer type of answer.
  const isOldType = contentType === 'application/json';
  return { status: status === 400 && isOldType ? 200 : status, contentType, text: answer.string };
}
