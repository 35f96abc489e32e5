import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { FormattedExecutionResult, GraphQLSchema } from 'graphql';
import { answerTooLarge, maxAnswerLength } from '../shared/allowance.ts';
import type { OperationContext } from '../resolvers/context.ts';
import { JsonText } from '../read-plans/json-text.ts';
import { Planner } from '../read-plans/planner.ts';

type Gateway = ApolloServerOptionsWithGateway<OperationContext>['gateway'];

/** Puts read plans in the place of Apollo Server's own executor; everything around execution stays Apollo's. */
export function plannedExecution(schema: GraphQLSchema): Gateway {
  const planner = new Planner(schema);
  return {
    onSchemaLoadOrUpdate(listener) {
      listener({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: () =>
      Promise.resolve({
        // Data may be text; Apollo hands it to `stringifyAnswer` as it is.
        executor: ({ document, operationName, request, context }) =>
          planner.execute(
            { document, operationName, variables: request.variables },
            context as OperationContext,
          ) as never,
      }),
    stop: () => Promise.resolve(),
  };
}

/** Data that is text already is not parsed to be printed again: on a page of 50 messages that is most of the work. */
export function stringifyAnswer(answer: FormattedExecutionResult): string {
  const text = textOf(answer);
  if (text.length <= maxAnswerLength) return text;
  const { message, code, details } = answerTooLarge();
  return JSON.stringify({ errors: [{ message, extensions: { ...details, code } }], data: null });
}

function textOf({ data, ...rest }: FormattedExecutionResult): string {
  if (!((data as unknown) instanceof JsonText)) return JSON.stringify({ ...rest, data });
  const { text } = data as unknown as JsonText;
  const others = JSON.stringify(rest);
  return others === '{}' ? `{"data":${text}}` : `${others.slice(0, -1)},"data":${text}}`;
}
