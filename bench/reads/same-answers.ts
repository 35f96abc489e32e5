import type { Arena, Entrant } from './arena.ts';
import { difference, innermost, plainAnswer } from './plain-answer.ts';
import { questions, type Asked } from './questions.ts';
import type { Workload } from './workloads.ts';

/** All contestants answer the same questions; whoever says something else than the first is an error. */
export async function demandSameAnswers(arena: Arena, workloads: readonly Workload[], samples: number): Promise<void> {
  for (const workload of workloads) {
    const given: { entrant: Entrant; answers: unknown[] }[] = [];
    for (const entrant of arena.entrants) {
      given.push({ entrant, answers: await answersOf(arena, entrant, workload, samples) });
    }
    const [expected, ...others] = given;
    for (const { entrant, answers } of others) {
      const found = difference(answers, expected?.answers);
      if (found === null) continue;
      const names = `${entrant.contestant.name} and ${expected?.entrant.contestant.name}`;
      throw new Error(`${names} answer ${workload.name} differently at ${found}`);
    }
  }
}

async function answersOf(arena: Arena, entrant: Entrant, workload: Workload, samples: number): Promise<unknown[]> {
  const asked = await questions(entrant.contestant, workload, arena.size, arena.tokens, samples);
  const answers: unknown[] = [];
  for (const question of asked) answers.push(await ask(entrant, question));
  return answers;
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
  return plainAnswer(innermost(answer.data));
}
