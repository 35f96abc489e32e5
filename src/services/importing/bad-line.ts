/** A line that cannot be imported, and why; the lines after it can. */
export class BadLine extends Error {
  override readonly name = 'BadLine';
}
