import { median, sum } from '../support/numbers.ts';
import { countStatements } from '../support/statements.ts';
import { cpuSecondsOf, cpuSecondsOfFamily, residentMegabytes } from '../support/process-usage.ts';
import { Child } from '../support/child.ts';
import type { Arena, Entrant } from './arena.ts';
import type { LoadOrder, LoadResult } from './load-process.ts';
import { questions, wireText } from './questions.ts';
import type { Workload } from './workloads.ts';

export interface Plan {
  readonly rounds: number;
  readonly secondsEach: number;
  readonly connections: number;
}

/** What one contestant did in one workload, over all rounds. */
export interface Figures {
  readonly contestant: string;
  readonly workload: string;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU seconds per 1,000 requests. */
  readonly nodeCpu: number;
  readonly postgresCpu: number;
  readonly statements: number;
  /** Of the contestant's process after its last round, in MB. */
  readonly resident: number;
}

interface Round extends LoadResult {
  readonly nodeCpu: number;
  readonly postgresCpu: number;
}

/**
 * Servers run for weeks, and V8 goes on optimizing what they do for half a minute: our audit pages took 0.56 ms of Node
 * in the ten seconds after the fourth, and 0.46 in those after the fortieth; the hand-written server's 0.28 and 0.26.
 */
const warmUpMs = 20_000;
const differentQuestions = 2000;
const countedQuestions = 200;

type Load = Child<LoadOrder, LoadResult>;

/** One after the other, in turns: a machine that slows down slows all of them down. */
export async function measure(
  arena: Arena,
  workloads: readonly Workload[],
  plan: Plan,
  say: (line: string) => void,
): Promise<Figures[]> {
  const load: Load = new Child(new URL('load-process.ts', import.meta.url));
  try {
    const figures: Figures[] = [];
    for (const workload of workloads) figures.push(...(await measureWorkload(arena, workload, plan, load, say)));
    return figures;
  } finally {
    await load.stop();
  }
}

async function measureWorkload(
  arena: Arena,
  workload: Workload,
  plan: Plan,
  load: Load,
  say: (line: string) => void,
): Promise<Figures[]> {
  const courses = await Promise.all(arena.entrants.map((entrant) => courseOf(arena, entrant, workload)));
  for (const course of courses) await run(arena, course, load, plan, warmUpMs);
  for (const course of courses) course.statements = await statementsPerRequest(arena, course, load);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (let turn = 0; turn < courses.length; turn += 1) {
      const course = courses[(turn + round) % courses.length] as Course;
      const result = await run(arena, course, load, plan, plan.secondsEach * 1000);
      say(`${workload.name} ${course.entrant.contestant.name}: ${(result.answered / result.seconds).toFixed(0)}/s`);
      course.rounds.push(result);
    }
  }
  return courses.map((course) => figuresOf(course, workload));
}

/** One contestant's way through one workload. */
interface Course {
  readonly entrant: Entrant;
  readonly requests: readonly string[];
  readonly rounds: Round[];
  statements: number;
}

async function courseOf(arena: Arena, entrant: Entrant, workload: Workload): Promise<Course> {
  const asked = await questions(entrant.contestant, workload, arena.size, arena.tokens, differentQuestions);
  const requests = asked.map((question) => wireText(entrant.contestant.path, question));
  return { entrant, requests, rounds: [], statements: 0 };
}

async function run(arena: Arena, course: Course, load: Load, plan: Plan, milliseconds: number): Promise<Round> {
  const { entrant, requests } = course;
  const { server } = entrant;
  const node = cpuSecondsOf(server.pid);
  const postgres = cpuSecondsOfFamily(arena.cluster.pid);
  const result = await load.do({ port: server.port, requests, connections: plan.connections, milliseconds });
  if (result.wrong > 0) throw new Error(`${entrant.contestant.name} gave ${result.wrong} wrong answers under load`);
  return {
    ...result,
    nodeCpu: cpuSecondsOf(server.pid) - node,
    postgresCpu: cpuSecondsOfFamily(arena.cluster.pid) - postgres,
  };
}

/** As PostgreSQL counts them, over a while with one connection; what a gateway's timers ask besides is in it. */
async function statementsPerRequest(arena: Arena, { entrant, requests }: Course, load: Load): Promise<number> {
  const before = await countStatements(arena.cluster);
  const order = { port: entrant.server.port, requests: requests.slice(0, countedQuestions), connections: 1 };
  const { answered } = await load.do({ ...order, milliseconds: 500 });
  return ((await countStatements(arena.cluster)) - before) / answered;
}

function figuresOf({ entrant, rounds, statements }: Course, workload: Workload): Figures {
  const answered = sum(rounds.map((round) => round.answered));
  return {
    contestant: entrant.contestant.name,
    workload: workload.name,
    requestsPerSecond: median(rounds.map((round) => round.answered / round.seconds)),
    p50: median(rounds.map((round) => round.p50)),
    p99: median(rounds.map((round) => round.p99)),
    nodeCpu: (sum(rounds.map((round) => round.nodeCpu)) / answered) * 1000,
    postgresCpu: (sum(rounds.map((round) => round.postgresCpu)) / answered) * 1000,
    statements,
    resident: residentMegabytes(entrant.server.pid),
  };
}
