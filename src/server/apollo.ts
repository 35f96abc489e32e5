import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { OperationTypeNode, type GraphQLSchema } from 'graphql';
import type { OperationContext } from '../resolvers/context.ts';
import { badInput } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { parseOptions } from './documents.ts';
import { presentError } from './present-error.ts';
import { requestLog } from './request-log.ts';

/** Over HTTP a subscription has nowhere to stream to. */
const noSubscriptions: ApolloServerPlugin<OperationContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ operation }) =>
        operation?.operation === OperationTypeNode.SUBSCRIPTION
          ? Promise.reject(
              badInput('Subscriptions are served over WebSocket (graphql-transport-ws) at the same address.'),
            )
          : Promise.resolve(),
    }),
};

/** Apollo Server without a transport of its own: parsing, validation, execution and the rules of GraphQL over HTTP. */
export function createApolloServer(
  schema: GraphQLSchema,
  options: { introspection: boolean; log: Log },
): ApolloServer<OperationContext> {
  return new ApolloServer<OperationContext>({
    schema,
    introspection: options.introspection,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    parseOptions,
    // The cache-control plugin wraps every field of the schema, which costs a third of the time of large answers.
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(), noSubscriptions],
    formatError: (_formatted, error) => presentError(error, requestLog.getStore() ?? options.log),
    logger: {
      debug: (message) => options.log.debug(message),
      info: (message) => options.log.debug(message),
      warn: (message) => options.log.warn(message),
      error: (message) => options.log.error(message),
    },
  });
}
