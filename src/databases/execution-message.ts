import { prepareValue } from 'pg/lib/utils.js';

/** What is sent to run a statement. */
export interface Execution {
  /** Empty where the statement is not kept. */
  readonly name: string;
  /** Null where the server knows the name. */
  readonly text: string | null;
  readonly values: readonly unknown[];
  /** Whether the server is to say what the rows' columns are. */
  readonly describe: boolean;
}

type Parameter = string | Buffer | null;

const describePortal = Buffer.from('D\0\0\0\u0006P\0', 'latin1');
const executeAndSync = Buffer.from('E\0\0\0\u0009\0\0\0\0\0S\0\0\0\u0004', 'latin1');

/**
 * Everything that runs a statement, in PostgreSQL's protocol (Parse, Bind, Describe, Execute, Sync): one piece, because
 * each piece is a buffer and a write of its own.
 */
export function executionMessage({ name, text, values, describe }: Execution): Buffer {
  const parameters = values.map(parameterOf);
  const lengths = parameters.map((parameter) => (parameter === null ? 0 : Buffer.byteLength(parameter)));
  const nameLength = Buffer.byteLength(name);
  const parseLength = text === null ? 0 : 1 + 4 + nameLength + 1 + Buffer.byteLength(text) + 1 + 2;
  const bindLength = 1 + 4 + 1 + nameLength + 1 + 2 + 2 * values.length + 2 + sum(lengths) + 4 * values.length + 2;
  const message = new Message(
    parseLength + bindLength + (describe ? describePortal.length : 0) + executeAndSync.length,
  );
  if (text !== null) message.begin('P', parseLength).text(name).text(text).int16(0);
  message.begin('B', bindLength).text('').text(name).int16(values.length);
  for (const parameter of parameters) message.int16(typeof parameter === 'string' || parameter === null ? 0 : 1);
  message.int16(values.length);
  parameters.forEach((parameter, index) => message.parameter(parameter, lengths[index] as number));
  // All columns of rows come as text.
  message.int16(0);
  if (describe) message.bytes(describePortal);
  return message.bytes(executeAndSync).buffer;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** As `pg` does it, which looks longer at what most values are. */
function parameterOf(value: unknown): Parameter {
  if (typeof value === 'string') return value;
  return isPlainList(value) ? `{"${value.join('","')}"}` : prepareValue(value);
}

const isPlainList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isPlain);

const isPlain = (item: unknown): item is string => typeof item === 'string' && !/["\\]/.test(item);

class Message {
  readonly buffer: Buffer;
  #end = 0;

  constructor(length: number) {
    this.buffer = Buffer.allocUnsafe(length);
  }

  /** The length of a message counts itself, and not the letter before it. */
  begin(letter: string, length: number): this {
    this.buffer[this.#end] = letter.charCodeAt(0);
    this.#end += 1;
    return this.#int32(length - 1);
  }

  text(text: string): this {
    this.#end += this.buffer.write(text, this.#end);
    this.buffer[this.#end] = 0;
    this.#end += 1;
    return this;
  }

  parameter(parameter: Parameter, length: number): void {
    this.#int32(parameter === null ? -1 : length);
    if (typeof parameter === 'string') this.#end += this.buffer.write(parameter, this.#end);
    else if (parameter !== null) this.bytes(parameter);
  }

  bytes(bytes: Buffer): this {
    this.#end += bytes.copy(this.buffer, this.#end);
    return this;
  }

  int16(value: number): this {
    this.#end = this.buffer.writeUInt16BE(value, this.#end);
    return this;
  }

  #int32(value: number): this {
    this.#end = this.buffer.writeInt32BE(value, this.#end);
    return this;
  }
}
