import pg from 'pg';

/** How rows come: as objects of values, or as lists of PostgreSQL's own texts where these can be written on as they are. */
export type Form = 'objects' | 'texts';

export type Parser = (text: string) => unknown;

const [bool, bytea, int2, int4, int8, float4, float8, numeric] = [16, 17, 21, 23, 20, 700, 701, 1700];
const [text, json, bpchar, varchar, timestamptz, uuid, jsonb] = [25, 114, 1042, 1043, 1184, 2950, 3802];

/** Counts and log numbers stay far below 2^53; money is not kept here. */
const numbers = new Set([int8, numeric]);

/** What `pg` would make numbers, dates and objects of, only for JSON text to be made of those again. */
const printed = new Set([bool, bytea, int2, int4, int8, float4, float8, numeric]);
for (const type of [text, json, bpchar, varchar, timestamptz, uuid, jsonb]) printed.add(type);

/** Of PostgreSQL's text; an endless past or future is a number. */
export const momentOf = pg.types.getTypeParser(timestamptz, 'text') as (text: string) => Date;

/** What makes a value of a column's text; null where the text is the value. */
export function parserOf(form: Form, type: number): Parser | null {
  if (form === 'texts' && printed.has(type)) return null;
  return numbers.has(type) ? Number : (pg.types.getTypeParser(type, 'text') as Parser);
}
