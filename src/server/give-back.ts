/** What holds less is not worth the call. */
const worthBytes = 4096;

/**
 * Gives a buffer's memory back at once; it has no bytes afterwards. What is left to the garbage collector counts against
 * the heap until then, and a few megabytes of it, which a flood of large bodies brings in no time, have everything
 * collected, which stops everybody.
 */
export function giveBack({ buffer, byteLength }: Buffer): void {
  if (byteLength < worthBytes) return;
  // One that shares its memory with others leaves it alone.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
