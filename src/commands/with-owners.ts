import { Database } from '../databases/database.ts';
import type { Databases } from '../services/reading/reader.ts';
import type { Log } from '../shared/log.ts';
import type { Runtime } from './runtime.ts';

/** Does work that the gateway's role has no right to, as the tables' owner. */
export async function withOwners<Result>(
  { roads: { agentRuntime, auth } }: Runtime,
  log: Log,
  work: (owners: Databases) => Promise<Result>,
): Promise<Result> {
  const owners = {
    agentRuntime: Database.open(agentRuntime.definition, agentRuntime.owner, log),
    auth: Database.open(auth.definition, auth.owner, log),
  };
  try {
    return await work(owners);
  } finally {
    await Promise.all([owners.agentRuntime.close(), owners.auth.close()]);
  }
}
