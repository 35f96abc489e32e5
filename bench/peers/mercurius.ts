import fastify from 'fastify';
import mercurius from 'mercurius';
import { createContext, resolvers, type Context } from './resolvers.ts';
import { typeDefinitions } from './type-definitions.ts';

declare module 'mercurius' {
  interface MercuriusContext extends Context {}
}

const app = fastify();
await app.register(mercurius, { schema: typeDefinitions, resolvers, context: createContext, jit: 1 });
console.log(`${await app.listen({ port: 0, host: '127.0.0.1' })}/`);
