import {
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { DocumentLimits } from '../../config/limits.ts';
import { badInput } from '../../shared/errors.ts';
import { ByteCache } from './byte-cache.ts';
import { costOf, type Cost } from './cost.ts';
import { Refused, tooComplex } from './refused.ts';
import { fieldsIn, shapeProblem } from './shape.ts';
import { UnconditionalSubscriptionRule } from './unconditional-subscription.ts';

export interface DocumentOptions {
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly introspection: boolean;
}

/** A document that is in order, and what is known of it before it is run. */
export interface KnownDocument {
  readonly document: DocumentNode;
  readonly operations: readonly KnownOperation[];
}

export interface KnownOperation {
  readonly definition: OperationDefinitionNode;
  readonly cost: Cost;
}

/** Measured: a token, with the nodes that are made of it, takes a little less. */
const bytesPerToken = 300;
const bytesPerCharacter = 2;
/** Measured: a plan takes half of it for each field, once V8 has optimized it; some documents have several plans. */
const bytesPerField = 3600;
/** A client that is so far off needs no complete list. */
const maxErrors = 5;

/**
 * Reads documents: parses, measures and validates them. All transports share one, so a document that one of them has
 * run is known to the others too. Only those that are in order are remembered.
 */
export class Documents {
  readonly #options: DocumentOptions;
  readonly #rules: typeof specifiedRules;
  readonly #known: ByteCache<KnownDocument>;

  constructor(options: DocumentOptions) {
    this.#options = options;
    const rules = [...specifiedRules, UnconditionalSubscriptionRule];
    this.#rules = options.introspection ? rules : [...rules, NoSchemaIntrospectionCustomRule];
    this.#known = new ByteCache(options.limits.cacheBytes);
  }

  /** Whether reading it costs nothing. */
  knows(text: string): boolean {
    return this.#known.get(text) !== undefined;
  }

  /** Throws Refused where the document is not in order. */
  read(text: string): KnownDocument {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const read = this.#make(text);
    this.#known.set(text, read, bytesOf(text, read.document));
    return read;
  }

  #make(text: string): KnownDocument {
    const { schema, limits } = this.#options;
    const document = parsed(text, limits.tokens);
    const problem = shapeProblem(document, limits);
    if (problem !== null) throw new Refused([problem]);
    const errors = validate(schema, document, this.#rules, { maxErrors });
    if (errors.length > 0) throw new Refused(this.#options.introspection ? errors : errors.map(withoutSuggestion));
    const operations = document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((definition) => ({ definition, cost: costOf(schema, document, definition) }));
    return { document, operations };
  }
}

const bytesOf = (text: string, document: DocumentNode): number =>
  bytesPerToken * tokenCount(document) + bytesPerCharacter * text.length + bytesPerField * fieldsIn(document);

/** The operation that is meant; a document with several needs its name. */
export function operationOf({ operations }: KnownDocument, name: string | null): KnownOperation {
  const found =
    name === null
      ? operations.length === 1
        ? operations[0]
        : undefined
      : operations.find(({ definition }) => definition.name?.value === name);
  if (found !== undefined) return found;
  const message =
    name === null ? 'The document has several operations; name one in `operationName`.' : `There is no such operation.`;
  throw new Refused([badInput(message, { argument: 'operationName' })]);
}

function parsed(text: string, maxLexicalTokens: number): DocumentNode {
  try {
    return parse(text, { maxLexicalTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const isTooLong = /tokens\. Parsing aborted/.test(error.message);
    throw new Refused([
      isTooLong
        ? tooComplex('MAX_TOKENS', maxLexicalTokens, `A document has at most ${maxLexicalTokens} tokens.`)
        : error,
    ]);
  }
}

function tokenCount({ loc }: DocumentNode): number {
  let count = 0;
  for (let token = loc?.startToken ?? null; token !== null; token = token.next) count += 1;
  return count;
}

/** Where the schema may not be asked for, it is not to be guessed by mistyping either. */
const withoutSuggestion = (error: GraphQLError): GraphQLError =>
  new GraphQLError(error.message.replace(/ Did you mean .*\?$/s, ''), { nodes: error.nodes ?? null });
