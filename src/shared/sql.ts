/**
 * SQL with values in it, which nests. A gateway makes the same few dozen statements over and over, and to put one's text
 * together, and to hash it for its name, is a twentieth of what it does for a read. So a text is found by its pieces: each is the
 * array of strings that stands in our code, and arrays are told apart without looking into them.
 *
 * Its members are private to TypeScript only, because `pg` hands on a copy of what it is given.
 */
export class Sql {
  private readonly pieces: Pieces;
  private readonly parts: readonly unknown[];
  private found: { readonly text: string; readonly values: unknown[] } | undefined;

  /** Between two pieces there is a part: a value, or SQL again. */
  constructor(pieces: Pieces, parts: readonly unknown[]) {
    this.pieces = pieces;
    this.parts = parts;
  }

  /** With $1, $2 … in the places of the values: the same string every time. */
  get text(): string {
    return this.find().text;
  }

  get values(): unknown[] {
    return this.find().values;
  }

  /** With ? in the places of the values. */
  get sql(): string {
    return this.strings.join('?');
  }

  /** What stands around the values. */
  get strings(): string[] {
    const strings = [''];
    this.addTo(strings);
    return strings;
  }

  private find(): { readonly text: string; readonly values: unknown[] } {
    if (this.found !== undefined) return this.found;
    const values: unknown[] = [];
    if (steps >= maxSteps) [root, steps] = [new Step(), 0];
    const end = this.walk(root, values);
    end.text ??= this.strings.reduce((text, string, index) => `${text}$${index}${string}`);
    this.found = { text: end.text, values };
    return this.found;
  }

  private walk(from: Step, values: unknown[]): Step {
    let step = from.with(this.pieces);
    for (const part of this.parts) {
      if (part instanceof Sql) step = part.walk(step, values);
      else {
        step = step.withValue();
        values.push(part);
      }
    }
    return step;
  }

  private addTo(strings: string[]): void {
    this.parts.forEach((part, index) => {
      extend(strings, pieceAt(this.pieces, index));
      if (part instanceof Sql) part.addTo(strings);
      else strings.push('');
    });
    extend(strings, pieceAt(this.pieces, this.parts.length));
  }
}

/** Of one piece the string itself. */
type Pieces = readonly string[] | string;

const pieceAt = (pieces: Pieces, index: number): string =>
  typeof pieces === 'string' ? pieces : (pieces[index] as string);

function extend(strings: string[], piece: string): void {
  strings[strings.length - 1] += piece;
}

/** Where statements are that begin with the same pieces, and the text of the one that ends here. */
class Step {
  readonly #next = new Map<Pieces, Step>();
  #value: Step | undefined;
  text: string | undefined;

  with(pieces: Pieces): Step {
    let step = this.#next.get(pieces);
    if (step === undefined) this.#next.set(pieces, (step = newStep()));
    return step;
  }

  withValue(): Step {
    return (this.#value ??= newStep());
  }
}

/** Statements come from our own declarations, so they are few; the bound is for the case that this ever stops being true. */
const maxSteps = 100_000;
let steps = 0;
let root = new Step();

function newStep(): Step {
  steps += 1;
  return new Step();
}

export const sql = (pieces: TemplateStringsArray, ...parts: unknown[]): Sql => new Sql(pieces, parts);

/** Text of our own. */
export const raw = (text: string): Sql => new Sql(text, []);

export const empty = raw('');

/** At least one part. */
export function join(parts: readonly unknown[], separator = ','): Sql {
  if (parts.length === 0) throw new TypeError('There is nothing to join.');
  return new Sql(separatorsOf(parts.length, separator), parts);
}

const maxKept = 100;
const kept = new Map<string, (readonly string[])[]>();

/** The same array for the same number of parts, so that its texts are found again. */
function separatorsOf(count: number, separator: string): readonly string[] {
  const make = (): string[] => ['', ...Array.from({ length: count - 1 }, () => separator), ''];
  if (count > maxKept) return make();
  let known = kept.get(separator);
  if (known === undefined) kept.set(separator, (known = []));
  return (known[count] ??= make());
}
