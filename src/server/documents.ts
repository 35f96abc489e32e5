import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
} from 'graphql';

/** The same on every transport. */
export const parseOptions: ParseOptions = { maxLexicalTokens: 5000 };

const maxDocuments = 1000;
/** Characters; a thousand documents of clients stay far below this, and nobody can fill the memory with others. */
const maxRememberedLength = 10_000;

/** Parses and validates documents for transports that Apollo Server does not serve; remembers those that are in order. */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #rules: typeof specifiedRules;
  readonly #known = new Map<string, DocumentNode>();

  constructor(schema: GraphQLSchema, options: { introspection: boolean }) {
    this.#schema = schema;
    this.#rules = options.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  }

  /** The document, or what is wrong with it. */
  read(query: string): DocumentNode | readonly GraphQLError[] {
    const known = this.#known.get(query);
    if (known !== undefined) return known;
    try {
      const document = parse(query, parseOptions);
      const problems = validate(this.#schema, document, this.#rules);
      if (problems.length > 0) return problems;
      if (query.length <= maxRememberedLength) this.#remember(query, document);
      return document;
    } catch (error) {
      return [error instanceof GraphQLError ? error : new GraphQLError('The document could not be read.')];
    }
  }

  #remember(query: string, document: DocumentNode): void {
    const oldest = this.#known.keys().next();
    if (this.#known.size >= maxDocuments && oldest.done === false) this.#known.delete(oldest.value);
    this.#known.set(query, document);
  }
}
