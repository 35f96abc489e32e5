import { locatedError, type GraphQLError } from 'graphql';
import type { Viewer } from '../services/identity/viewer.ts';
import type { Reader } from '../services/reading/reader.ts';
import type { Place } from './place.ts';

/** What a plan needs of the operation that it answers. */
export interface ReadContext {
  /** Throws where nobody has said who asks. */
  readonly viewer: Viewer;
  readonly reader: Reader;
  /** Counts nodes of the answer; throws where they become too many. */
  spend(nodes: number): void;
  /** Answers may come from a replica. */
  allowLag(): void;
}

/** Stands where a value could not be had. */
export class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** The value of the work, or its failure. */
export function attempt<Value>(work: () => Value): Value | Failure {
  try {
    return work();
  } catch (error) {
    return new Failure(error);
  }
}

/** One execution of a plan. */
export class Run {
  readonly context: ReadContext;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly errors: GraphQLError[] = [];
  /** Which item is being written, in each of the lists around it. */
  readonly indexes: number[] = [];

  constructor(context: ReadContext, variables: Readonly<Record<string, unknown>>) {
    this.context = context;
    this.variables = variables;
  }

  /** Notes an error of the field at this place; the empty text says that there is no value, and that this is known. */
  fail(place: Place, error: unknown): '' {
    const path = place.path.map((step) => (typeof step === 'string' ? step : (this.indexes[step.list] as number)));
    this.errors.push(locatedError(error, place.nodes, path));
    return '';
  }
}
