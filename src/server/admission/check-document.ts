import type { GraphQLSchema } from 'graphql';
import type { DocumentLimits } from '../../config/limits.ts';
import { Documents } from './documents.ts';
import { refusalErrors } from './refused.ts';

/** What a gateway with these limits would say against each document; for those who register them. */
export function documentChecker(schema: GraphQLSchema, limits: DocumentLimits): (text: string) => readonly string[] {
  const documents = new Documents({ schema, limits, introspection: true });
  return (text) => {
    try {
      documents.read(text);
      return [];
    } catch (error) {
      return refusalErrors(error).map((problem) => (problem as Error).message);
    }
  };
}
