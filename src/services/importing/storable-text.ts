const replacement = '\ufffd';

/** A text as PostgreSQL can store it: what it cannot (NUL, half a surrogate pair) becomes U+FFFD and is counted. */
export class StorableText {
  #replaced = 0;

  get replaced(): number {
    return this.#replaced;
  }

  of(text: string): string {
    if (text.isWellFormed() && !text.includes('\0')) return text;
    const storable = text.toWellFormed().replaceAll('\0', replacement);
    for (let index = 0; index < text.length; index += 1) if (text[index] !== storable[index]) this.#replaced += 1;
    return storable;
  }
}
