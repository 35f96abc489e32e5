import type { SessionScript, Turn } from './script.ts';

const hourMs = 3_600_000;
export const decisionMs = 30_000;

/** When a turn happens; what comes of it (a tool's answer) comes just before the next one. */
export interface Moment {
  readonly begin: Date;
  readonly end: Date;
}

/** The moments of a session's turns. People think, models write, tools run, and it all takes its time. */
export function momentsOf(script: SessionScript, now: Date): readonly Moment[] {
  let time = startOf(script, now).getTime();
  return script.turns.map((turn) => {
    const begin = new Date(time);
    time += durationOf(turn);
    return { begin, end: new Date(time - 1) };
  });
}

export const startOf = ({ startedHoursAgo }: SessionScript, now: Date): Date =>
  new Date(now.getTime() - startedHoursAgo * hourMs);

export const hoursAfter = (time: Date, hours: number): Date => new Date(time.getTime() + hours * hourMs);

function durationOf(turn: Turn): number {
  if ('user' in turn) return 4000 + turn.user.length * 20;
  if ('assistant' in turn) return 20_000 + turn.assistant.length * 60;
  if ('call' in turn) return 3000 + turn.milliseconds + (turn.approval?.decision === undefined ? 0 : decisionMs);
  return 400;
}
