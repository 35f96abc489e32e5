import { Command } from 'commander';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { assembleSchema } from '../resolvers/assemble.ts';

export const schemaCommand = new Command('schema').description('Print the GraphQL schema (SDL).').action(() => {
  process.stdout.write(`${printSchema(lexicographicSortSchema(assembleSchema()))}\n`);
});
