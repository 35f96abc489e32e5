/** How a row says whose it is, and in which order it belongs among its parent's rows. */
export interface Belonging<Row> {
  parent(row: Row): unknown;
  place(row: Row): number;
}

/**
 * The rows of a statement for many parents, by parent and in order. PostgreSQL gives them like that wherever it has been
 * seen to join the parents, but promises nothing; and to have it sort them costs more than to look.
 */
export function byParent<Row>(rows: readonly Row[], belonging: Belonging<Row>): ReadonlyMap<unknown, readonly Row[]> {
  const found = new Map<unknown, Row[]>();
  const unordered = new Set<Row[]>();
  let [lastParent, lastRows, lastPlace]: [unknown, Row[], number] = [undefined, [], 0];
  for (const row of rows) {
    const [parent, place] = [belonging.parent(row), belonging.place(row)];
    // To compare two keys costs less than to look one up.
    const ofParent = parent === lastParent ? lastRows : (found.get(parent) ?? []);
    if (ofParent.length === 0) found.set(parent, ofParent);
    else if (parent !== lastParent || place < lastPlace) unordered.add(ofParent);
    ofParent.push(row);
    [lastParent, lastRows, lastPlace] = [parent, ofParent, place];
  }
  for (const some of unordered) some.sort((one, other) => belonging.place(one) - belonging.place(other));
  return found;
}
