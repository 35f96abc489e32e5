import type { FieldNode } from 'graphql';

/** A step of a field's path: a response key, or the item of the n-th list around the field. */
export type Step = string | { readonly list: number };

/** Where a field stands in the answer and in the document; what an error says of it. */
export interface Place {
  readonly path: readonly Step[];
  readonly nodes: readonly FieldNode[];
  /** Like `Session.title`. */
  readonly coordinate: string;
}

export const listsAround = (place: Place): number => place.path.filter((step) => typeof step !== 'string').length;
