import type { Run } from './run.ts';

/** Writes a value as JSON text; the empty text where there can be none, which whoever holds the value must then say. */
export type Writer = (value: unknown, run: Run) => string;

/** Name of a writer that the code has. */
export type WriterName = string;

/** Statements that return the text of what `value` is, which is neither null nor a failure; they know `run` too. */
export type WriterBody = string;

/**
 * JavaScript that is made for one plan. Closures would do the same; but V8 learns for all closures of one place in our
 * code together what they meet, and as every plan meets something else, it could put none of them together.
 * Nothing of what clients send stands in the code but names of GraphQL, which are letters, digits and underscores.
 */
export class WriterCode {
  readonly #constants = new Map<unknown, string>();
  readonly #functions: string[] = [];

  /** How the code calls a value of ours. */
  constant(value: unknown): string {
    const name = this.#constants.get(value) ?? `c${this.#constants.size}`;
    this.#constants.set(value, name);
    return name;
  }

  add(body: WriterBody): WriterName {
    const name = `w${this.#functions.length}`;
    this.#functions.push(`function ${name}(value, run) {\n${body}\n}`);
    return name;
  }

  /** The writers with these names. */
  compile(names: readonly WriterName[]): Writer[] {
    const text = `"use strict";\n${this.#functions.join('\n')}\nreturn [${names.join()}];`;
    // oxlint-disable-next-line typescript/no-implied-eval -- it is made of our own text
    const make = new Function(...this.#constants.values(), text) as (...constants: unknown[]) => Writer[];
    return make(...this.#constants.keys());
  }
}
