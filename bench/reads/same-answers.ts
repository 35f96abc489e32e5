import { isDeepStrictEqual } from 'node:util';
import type { Arena, Entrant } from './arena.ts';
import { plainAnswer } from './plain-answer.ts';
import { questions, type Asked } from './questions.ts';
import type { Workload } from './workloads.ts';

/** All contestants answer the same questions; whoever says something else than the first is an error, with both answers. */
export async function demandSameAnswers(arena: Arena, workloads: readonly Workload[], samples: number): Promise<void> {
  for (const workload of workloads) {
    const [expected, ...others] = await Promise.all(
      arena.entrants.map(async (entrant) => ({ entrant, answers: await answersOf(arena, entrant, workload, samples) })),
    );
    for (const { entrant, answers } of others) {
      const wrong = answers.findIndex((answer, index) => !isDeepStrictEqual(answer, expected?.answers[index]));
      if (wrong === -1) continue;
      throw new Error(
        `${entrant.contestant.name} answers ${workload.name} differently from ${expected?.entrant.contestant.name}:\n${JSON.stringify(answers[wrong]).slice(0, 3000)}\n${JSON.stringify(expected?.answers[wrong]).slice(0, 3000)}`,
      );
    }
  }
}

async function answersOf(arena: Arena, entrant: Entrant, workload: Workload, samples: number): Promise<unknown[]> {
  const asked = await questions(entrant.contestant, workload, arena.size, arena.tokens, samples);
  return Promise.all(asked.map((question) => ask(entrant, question)));
}

async function ask({ contestant, server }: Entrant, { body, headers }: Asked): Promise<unknown> {
  const url = `http://127.0.0.1:${server.port}${contestant.path}`;
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const answer = JSON.parse(text) as { data?: Record<string, unknown> | null; errors?: unknown };
  const [value] = Object.values(answer.data ?? {});
  if (answer.errors !== undefined || value === null || value === undefined) {
    throw new Error(`${contestant.name} does not answer ${body}: ${text.slice(0, 1000)}`);
  }
  return plainAnswer(answer.data);
}
