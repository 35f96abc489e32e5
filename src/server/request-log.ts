import type { Log } from '../shared/log.ts';
import type { Edge } from './edge.ts';

/**
 * The log with a request's id, and where it came from. Made where something goes wrong: a child for every request costs
 * more than its line.
 */
export const requestLog = ({ log }: Pick<Edge, 'log'>, requestId: string, address?: string): Log =>
  log.child({ requestId, ...(address !== undefined && { address }) });
