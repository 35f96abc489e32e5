import type { Log } from '../shared/log.ts';
import type { Edge } from './edge.ts';

/** The log with a request's id. Made where something goes wrong: a child for every request costs more than its line. */
export const requestLog = ({ log }: Pick<Edge, 'log'>, requestId: string): Log => log.child({ requestId });
