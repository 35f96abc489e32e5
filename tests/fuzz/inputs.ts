import fc from 'fast-check';
import type { GraphQLSchema } from 'graphql';
import { DocumentWriter } from './documents.ts';
import { texts, values } from './values.ts';

/** A document with a variable for each argument of each query. */
export function everyVariable(schema: GraphQLSchema): { document: string; names: string[] } {
  const variables: string[] = [];
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {})
    .filter(({ name }) => name !== 'viewer')
    .map((field) => {
      const given = field.args.map(({ name, type }) => {
        variables.push(
          `$${field.name}_${name}: ${String(type).replace(/!$/, '')}${name === 'id' || name === 'ids' || name === 'query' ? ' = ' + { id: '""', ids: '[]', query: '""' }[name] : ''}`,
        );
        return `${name}: $${field.name}_${name}`;
      });
      const selection =
        field.name === 'node' || field.name === 'nodes'
          ? 'id'
          : field.args.some(({ name }) => name === 'first')
            ? 'totalCount nodes { id }'
            : 'id';
      return `${field.name}(${given.join(', ')}) { ${selection} }`;
    });
  return {
    document: `query (${variables.join(', ')}) { ${fields.join(' ')} }`,
    names: variables.map((variable) => variable.slice(1).split(':')[0] as string),
  };
}

/** A real cursor, one with a flipped bit or a piece missing, or none at all. */
export function cursorsLike(real: readonly string[]): fc.Arbitrary<string> {
  const one = fc.constantFrom(...real);
  const flipped = fc.tuple(one, fc.nat({ max: 2 ** 16 })).map(([text, bit]) => {
    const bytes = Buffer.from(text, 'base64url');
    const at = (bit >> 3) % bytes.length;
    bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    return bytes.toString('base64url');
  });
  const cut = fc.tuple(one, fc.nat({ max: 80 })).map(([text, length]) => text.slice(0, length));
  const bytes = fc.uint8Array({ maxLength: 80 }).map((each) => Buffer.from(each).toString('base64url'));
  return fc.oneof(one, flipped, cut, bytes, texts);
}

/** A message of the protocol, or what is only nearly one. */
export function protocolMessage(schema: GraphQLSchema): fc.Arbitrary<unknown> {
  const type = fc.constantFrom(
    'connection_init',
    'subscribe',
    'subscribe',
    'complete',
    'ping',
    'pong',
    'next',
    '__proto__',
    '',
  );
  const id = fc.oneof(fc.constantFrom('1', '2', '__proto__', 'toString', ''), texts);
  const document = fc
    .gen()
    .map((choices) => new DocumentWriter(schema, choices).operation(choices(fc.boolean) ? 'query' : 'subscription'));
  const payload = fc.oneof(
    fc.record(
      { query: fc.oneof(document, texts), variables: values, operationName: fc.option(texts) },
      { requiredKeys: ['query'] },
    ),
    values,
  );
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ type, id, payload }, { requiredKeys: ['type'] }) },
    { weight: 1, arbitrary: values },
  );
}
