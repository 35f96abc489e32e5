import type { Database } from '../../src/databases/database.ts';

interface Round {
  waiting: number;
  readonly over: PromiseWithResolvers<void>;
}

/**
 * Databases whose statements answer in rounds: none before all that were under way have. What is asked for in one turn
 * then depends on the document alone, and not on which answer was faster.
 */
export function inRounds<Databases extends Readonly<Record<string, Database>>>(databases: Databases): Databases {
  let round = newRound();
  const answerInRounds = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    const mine = round;
    mine.waiting += 1;
    try {
      return await ask();
    } finally {
      mine.waiting -= 1;
      if (mine.waiting === 0) {
        round = newRound();
        mine.over.resolve();
      }
      await mine.over.promise;
    }
  };
  const wrap = (database: Database): Database => {
    const query: Database['query'] = (...given) => answerInRounds(() => database.query(...given));
    const read: Database['read'] = (...given) => answerInRounds(() => database.read(...given));
    const readRows: Database['readRows'] = (...given) => answerInRounds(() => database.readRows(...given));
    // Not an heir of the database: true private members are on the object itself.
    return new Proxy(database, {
      get(target, name) {
        if (name === 'query') return query;
        if (name === 'read') return read;
        if (name === 'readRows') return readRows;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  };
  return Object.fromEntries(Object.entries(databases).map(([name, database]) => [name, wrap(database)])) as Databases;
}

const newRound = (): Round => ({ waiting: 0, over: Promise.withResolvers() });
