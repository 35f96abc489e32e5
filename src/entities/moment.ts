import { DateTimeType } from '@mikro-orm/core';
import { firstMoment, lastMoment } from '../shared/endless-time.ts';

/**
 * A column of moments, which other services may set to PostgreSQL's `infinity`, or beyond what a Date can be. Such a
 * moment is a Date that clients can read. It is not written unless it is changed.
 */
export class Moment extends DateTimeType {
  /** What MikroORM could not make a Date of comes as PostgreSQL's text. */
  override convertToJSValue(value: Date | string): Date {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
    return new Date(String(value).startsWith('-') ? firstMoment : lastMoment);
  }

  /** A row as it was loaded is compared by what was made of it: else what is infinite would look changed. */
  override ensureComparable(): boolean {
    return true;
  }
}
