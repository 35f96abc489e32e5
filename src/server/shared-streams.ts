import {
  createSourceEventStream,
  getOperationAST,
  Kind,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type VariableNode,
} from 'graphql';
import type { OperationContext } from '../resolvers/context.ts';
import { watchOf } from '../resolvers/subscriptions/subscribed.ts';
import type { FollowOptions } from '../services/live/watches.ts';
import { asGraphQLError } from './as-graphql-error.ts';

export interface SharedStreamsOptions {
  readonly execute: (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;
  readonly present: (error: unknown, context: OperationContext) => GraphQLFormattedError;
}

/** What graphql-js takes, and where the results go. */
export interface StreamArgs extends ExecutionArgs {
  readonly contextValue: OperationContext;
  /** Takes the JSON text of each result. */
  readonly outlet: FollowOptions['outlet'];
}

/** What is left for graphql-ws: the error that ends a stream, if one does. The results go to the outlet by themselves. */
export type EndOfStream = AsyncIterableIterator<ExecutionResult, void>;

/**
 * Subscriptions whose results are executed and encoded once per event for all who ask the same with the same rights,
 * wherever each of them is to start.
 */
export class SharedStreams {
  readonly #options: SharedStreamsOptions;
  readonly #documents = new WeakMap<DocumentNode, number>();
  #lastDocument = 0;

  constructor(options: SharedStreamsOptions) {
    this.#options = options;
  }

  /** Starts when the first result is asked for; or says why it does not. `over` is called when the stream has ended. */
  async open(args: StreamArgs, over: () => void = () => undefined): Promise<EndOfStream | ExecutionResult> {
    const stream = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in stream)) return stream;
    const watch = watchOf(stream);
    const { contextValue: context, outlet } = args;
    const key = this.#keyOf(args);
    const write = (item: object): Promise<string> => this.#write(args, item);
    return endOf((ended) => context.watches.follow(watch, { key, write, outlet, ended }), over);
  }

  async #write({ outlet: _outlet, ...args }: StreamArgs, item: object): Promise<string> {
    const { execute, present } = this.#options;
    const result = await execute({ ...args, rootValue: item, contextValue: args.contextValue.forSharedEvent() });
    if (result.errors === undefined) return JSON.stringify(result);
    return JSON.stringify({ ...result, errors: result.errors.map((error) => present(error, args.contextValue)) });
  }

  /** All that a result depends on, which leaves out the place to start at. */
  #keyOf({ document, operationName, variableValues, contextValue }: StreamArgs): string {
    const { [cursorVariableOf(document, operationName) ?? '']: _cursor, ...variables } = variableValues ?? {};
    return JSON.stringify([this.#numberOf(document), operationName ?? null, variables, contextValue.rights]);
  }

  #numberOf(document: DocumentNode): number {
    const known = this.#documents.get(document);
    if (known !== undefined) return known;
    this.#documents.set(document, (this.#lastDocument += 1));
    return this.#lastDocument;
  }
}

/** The variable that is the argument `after` of the subscription's field and is used for nothing else. */
function cursorVariableOf(document: DocumentNode, operationName: string | null | undefined): string | null {
  const fields = getOperationAST(document, operationName)?.selectionSet.selections ?? [];
  const [field] = fields;
  const value = field?.kind === Kind.FIELD ? field.arguments?.find(({ name }) => name.value === 'after')?.value : null;
  if (value?.kind !== Kind.VARIABLE) return null;
  const uses: VariableNode[] = [];
  visit(document, { VariableDefinition: () => false, Variable: (node) => void uses.push(node) });
  const name = value.name.value;
  return uses.filter((use) => use.name.value === name).length === 1 ? name : null;
}

/**
 * An iterator that gives nothing until the stream ends, and then the reason. An error that an iterator throws would make
 * graphql-ws close the whole socket, and the other streams there are not at fault.
 */
function endOf(follow: (ended: (reason: unknown) => void) => () => void, over: () => void): EndOfStream {
  const end = Promise.withResolvers<IteratorResult<ExecutionResult, void>>();
  let leave: (() => void) | undefined;
  let isOver = false;
  const finish = async (): Promise<IteratorReturnResult<void>> => {
    isOver = true;
    leave?.();
    over();
    end.resolve({ done: true, value: undefined });
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      leave ??= follow((reason) => end.resolve({ done: false, value: { errors: [asGraphQLError(reason)] } }));
      const result = await end.promise;
      isOver = true;
      over();
      return result;
    },
    return: finish,
    throw: finish,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
