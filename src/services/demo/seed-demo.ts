import type { Database } from '../../databases/database.ts';
import type { Databases } from '../reading/reader.ts';
import { seedAuditTrail } from './audit-trail.ts';
import { demoSessions } from './demo-sessions.ts';
import { seedClients } from './oauth-clients.ts';
import { playSession } from './play-session.ts';
import { seedRefreshTokens } from './refresh-tokens.ts';
import { sessionIdOf, type StageUser } from './stage.ts';
import { seedUsers } from './users.ts';

/** How much was new. */
export interface Seeded {
  readonly users: number;
  readonly sessions: number;
}

/** Adds what is missing of the demo, as the tables' owner; `now` is where its fortnight ends. */
export async function seedDemo({ agentRuntime, auth }: Databases, now: Date): Promise<Seeded> {
  const { users, added } = await auth.transaction(async (em) => {
    const seeded = await seedUsers(em, now);
    await seedClients(em, now);
    await seedRefreshTokens(em, seeded.users, now);
    await seedAuditTrail(em, seeded.users, now);
    return seeded;
  });
  return { users: added, sessions: await seedSessions(agentRuntime, users, now) };
}

async function seedSessions(database: Database, users: ReadonlyMap<string, StageUser>, now: Date): Promise<number> {
  let added = 0;
  for (const script of demoSessions) {
    const isNew = await database.transaction((em) =>
      playSession({ em, script, sessionId: sessionIdOf(script), users, now }),
    );
    if (isNew) added += 1;
  }
  return added;
}
