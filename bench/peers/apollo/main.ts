/** Apollo Server as an average team sets it up: type-graphql, MikroORM entities, dataloader, everything else by default. */
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSchema } from 'type-graphql';
import { createContext, type Context } from './context.ts';
import { MessageResolver, QueryResolver, SessionResolver, UserResolver } from './resolvers.ts';

const schema = await buildSchema({
  resolvers: [QueryResolver, SessionResolver, UserResolver, MessageResolver],
  validate: false,
});
const server = new ApolloServer<Context>({ schema });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: () => Promise.resolve(createContext()),
});
console.log(url);
