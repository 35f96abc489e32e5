import type { EntityManager } from '@mikro-orm/postgresql';
import { MikroORM } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { poolSettings } from '../pool-settings.ts';
import {
  AuditEntryEntity,
  AuditLogEntity,
  LogEntryEntity,
  MessageEntity,
  SessionEntity,
  ToolUsageEntity,
  UserEntity,
  type LogEntry,
  type ToolUsage,
} from './entities.ts';

const pool = { max: poolSettings.max, idleTimeoutMillis: poolSettings.idleTimeoutMillis };

const agentRuntime = await MikroORM.init({
  clientUrl: process.env['AGENT_RUNTIME_URL'] ?? '',
  entities: [SessionEntity, MessageEntity, LogEntryEntity, ToolUsageEntity],
  contextName: 'agentRuntime',
  pool,
});
const auth = await MikroORM.init({
  clientUrl: process.env['AUTH_URL'] ?? '',
  entities: [UserEntity, AuditLogEntity, AuditEntryEntity],
  contextName: 'auth',
  pool,
});

/** An entity manager per request, and loaders that batch where a batch is one find(). */
export function createContext() {
  const em: EntityManager = agentRuntime.em.fork();
  return {
    em,
    auth: auth.em.fork(),
    lastMessages: new DataLoader<{ sessionId: string; size: number }, LogEntry[]>((pages) =>
      Promise.all(
        pages.map(({ sessionId, size }) =>
          em.find(
            LogEntryEntity,
            { sessionId, kind: 'message_added' },
            { orderBy: { number: 'desc' }, limit: size + 1, populate: ['message'] },
          ),
        ),
      ),
    ),
    recordedCalls: new DataLoader<string, ToolUsage[]>(async (messageIds) => {
      const usages = await em.find(
        ToolUsageEntity,
        { messageId: { $in: [...messageIds] } },
        { orderBy: { createdAt: 'asc', id: 'asc' } },
      );
      const byMessage = Map.groupBy(usages, (usage) => usage.messageId);
      return messageIds.map((id) => byMessage.get(id) ?? []);
    }),
  };
}

export type Context = ReturnType<typeof createContext>;
