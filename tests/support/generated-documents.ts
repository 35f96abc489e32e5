import fc from 'fast-check';
import {
  getNamedType,
  isObjectType,
  isRequiredArgument,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

type Field = GraphQLField<unknown, unknown>;

/** What is passed where an argument is not left out; some of it is wrong. */
const values: Readonly<Record<string, readonly string[]>> = {
  first: ['0', '1', '2', '5', 'null', '$size', '-1', '201'],
  last: ['1', '3', '0'],
  after: ['null', '"no cursor"', '$cursor'],
  before: ['null', '$cursor'],
  id: ['"trip-anna"', '"trip-anna-2"', '"approval-anna-1"', '"anna"', '"audit-anna-1"', '"nobody"', '$id'],
  filter: ['null', '{}'],
  orderBy: ['null', '{ field: TITLE }', '{ field: CREATED_AT, direction: ASC }'],
  activeOnly: ['true', 'false'],
};

/** Valid queries of the schema, most of them nonsense: fields, aliases, fragments and conditions as they come. */
export function generatedQueries(schema: GraphQLSchema, roots: readonly string[]): fc.Arbitrary<string> {
  const query = schema.getQueryType() as GraphQLObjectType;
  const fields = Object.values(query.getFields()).filter(({ name }) => roots.includes(name));
  return fc
    .subarray(fields, { minLength: 1, maxLength: 3 })
    .chain((chosen) => fc.tuple(...chosen.map((field) => fieldOf(field, 4))))
    .map(
      (texts) => `query ($yes: Boolean!, $no: Boolean!, $size: Int, $cursor: String, $id: ID!) { ${texts.join(' ')} }`,
    );
}

function fieldOf(field: Field, depth: number): fc.Arbitrary<string> {
  const alias = fc.constantFrom('', '', '', 'other: ');
  const condition = fc.constantFrom('', '', '', '', ' @include(if: $yes)', ' @skip(if: $yes)', ' @include(if: $no)');
  return fc
    .tuple(alias, argumentsOf(field.args), condition, selectionOf(field, depth))
    .map(([name, given, directive, selection]) => `${name}${field.name}${given}${directive}${selection}`);
}

function argumentsOf(declared: readonly GraphQLArgument[]): fc.Arbitrary<string> {
  const one = (argument: GraphQLArgument): fc.Arbitrary<string> => {
    const given = fc.constantFrom(...(values[argument.name] ?? ['null'])).map((value) => `${argument.name}: ${value}`);
    if (isRequiredArgument(argument)) return given;
    return fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: given });
  };
  return fc.tuple(...declared.map(one)).map((given) => {
    const text = given.filter((argument) => argument !== '').join(', ');
    return text === '' ? '' : `(${text})`;
  });
}

function selectionOf(field: Field, depth: number): fc.Arbitrary<string> {
  const type = getNamedType(field.type);
  return isObjectType(type) ? setOf(type, depth - 1).map((text) => ` ${text}`) : fc.constant('');
}

function setOf(type: GraphQLObjectType, depth: number): fc.Arbitrary<string> {
  const fields = Object.values(type.getFields()).filter((field) => isLeaf(field) || depth > 0 || isPart(field));
  const wrap = fc.constantFrom(
    '',
    '',
    '',
    '...',
    `... on ${type.name}`,
    '... @include(if: $yes)',
    '... @skip(if: $yes)',
  );
  return fc
    .tuple(fc.subarray(fields, { maxLength: Math.min(5, fields.length) }), fc.boolean())
    .chain(([chosen, named]) =>
      fc.tuple(
        fc.constant(named || chosen.length === 0),
        ...chosen.map((field) => fc.tuple(wrap, fieldOf(field, depth))),
      ),
    )
    .map(([named, ...texts]) => {
      const all = texts.map(([around, text]) => (around === '' ? text : `${around} { ${text} }`));
      return `{ ${[...(named ? ['__typename'] : []), ...all].join(' ')} }`;
    });
}

const isLeaf = (field: Field): boolean => !isObjectType(getNamedType(field.type));

/** Parts of a connection cost no depth. */
const isPart = ({ name }: Field): boolean => ['pageInfo'].includes(name);
