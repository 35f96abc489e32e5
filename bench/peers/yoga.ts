import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { createContext, resolvers } from './resolvers.ts';
import { typeDefinitions } from './type-definitions.ts';

const yoga = createYoga({
  schema: createSchema({ typeDefs: typeDefinitions, resolvers }),
  context: createContext,
  logging: false,
  graphiql: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
