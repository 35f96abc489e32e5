import { BadLine } from './bad-line.ts';

export interface Line {
  /** 1 for the first. */
  readonly number: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Throws a BadLine where the line is no text. */
  text(): string;
}

const newline = 10;
const maxLineBytes = 256 * 2 ** 20;

/** The lines of a stream of bytes, one at a time; what is kept of the stream is the line that is being read. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const collector = new LineCollector();
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      collector.add(chunk.subarray(from, end));
      yield collector.end();
      from = end + 1;
    }
    collector.add(chunk.subarray(from));
  }
  if (!collector.isEmpty) yield collector.end();
}

class LineCollector {
  #number = 0;
  #offset = 0;
  #length = 0;
  #pieces: Buffer[] = [];

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length <= maxLineBytes) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  end(): Line {
    const pieces = this.#pieces;
    const length = this.#length;
    this.#number += 1;
    const line = { number: this.#number, offset: this.#offset, text: () => decode(pieces, length) };
    this.#offset += length + 1;
    this.#length = 0;
    this.#pieces = [];
    return line;
  }
}

function decode(pieces: readonly Buffer[], length: number): string {
  if (length > maxLineBytes) throw new BadLine(`is longer than ${maxLineBytes / 2 ** 20} MiB`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new BadLine('is not UTF-8');
  }
}
