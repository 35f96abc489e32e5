import { Command } from 'commander';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { assembleSchema } from '../resolvers/assemble.ts';
import { subgraphSdl } from '../resolvers/federation.ts';

export const schemaCommand = new Command('schema')
  .description('Print the GraphQL schema (SDL).')
  .option('--subgraph', 'as a subgraph of an Apollo federation')
  .action(({ subgraph }: { subgraph?: boolean }) => {
    const schema = lexicographicSortSchema(assembleSchema());
    process.stdout.write(subgraph === true ? subgraphSdl(schema) : `${printSchema(schema)}\n`);
  });
