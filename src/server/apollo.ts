import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { OperationContext } from '../resolvers/context.ts';
import type { Log } from '../shared/log.ts';
import { currentOperation } from './current-operation.ts';
import { stringifyAnswer } from './answer-text.ts';
import { presentError } from './present-error.ts';

/** Tells what the operation was taken to cost. */
const tellCost: ApolloServerPlugin<OperationContext> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ response: { body } }) => {
        const cost = currentOperation.getStore()?.admitted.cost;
        if (body.kind === 'single' && cost !== undefined)
          body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        return Promise.resolve();
      },
    }),
};

/** Admission has read the document already; here is where Apollo Server looks before it parses and validates itself. */
const admittedDocuments = {
  get: (): Promise<DocumentNode | undefined> => Promise.resolve(currentOperation.getStore()?.admitted.document),
  set: (): Promise<void> => Promise.resolve(),
  delete: (): Promise<void> => Promise.resolve(),
};

/**
 * Apollo Server without a transport of its own: what executes mutations, with the rules of GraphQL over HTTP, behind our
 * admission. Queries are read by plans and do not come here.
 */
export function createApolloServer(
  schema: GraphQLSchema,
  options: { introspection: boolean; log: Log },
): ApolloServer<OperationContext> {
  return new ApolloServer<OperationContext>({
    schema,
    stringifyResult: stringifyAnswer,
    introspection: options.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    documentStore: admittedDocuments,
    stopOnTerminationSignals: false,
    // The cache-control plugin wraps every field of the schema, which costs a third of the time of large answers.
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(), tellCost],
    formatError: (_formatted, error) => presentError(error, currentOperation.getStore()?.log ?? options.log),
    logger: {
      debug: (message) => options.log.debug(message),
      info: (message) => options.log.debug(message),
      warn: (message) => options.log.warn(message),
      error: (message) => options.log.error(message),
    },
  });
}
