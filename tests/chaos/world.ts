import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPrograms } from './build.ts';
import type { Committed } from './checker.ts';
import { Cluster } from './cluster.ts';
import { GatewayPlace, internalApiKey, type Build } from './gateway-process.ts';
import type { Start } from './recorder.ts';
import { openRoad, type Road } from './road.ts';
import { roomForTests } from '../support/room-for-tests.ts';

/** A PostgreSQL, a road to it, and gateways as processes on that road. */
export class World {
  readonly cluster: Cluster;
  readonly databaseRoad: Road;
  readonly gateways: readonly GatewayPlace[];
  readonly folder: string;

  private constructor(cluster: Cluster, databaseRoad: Road, gateways: readonly GatewayPlace[], folder: string) {
    this.cluster = cluster;
    this.databaseRoad = databaseRoad;
    this.gateways = gateways;
    this.folder = folder;
  }

  static async open(builds: readonly Build[], settings: Readonly<Record<string, string>> = {}): Promise<World> {
    buildPrograms();
    const folder = await mkdtemp(join(tmpdir(), 'scrollback-chaos-'));
    // Passable for PostgreSQL's own user.
    await chmod(folder, 0o711);
    const cluster = await Cluster.start(folder);
    const road = await openRoad();
    road.lead(cluster.port);
    const gateways: GatewayPlace[] = [];
    const world = new World(cluster, road, gateways, folder);
    try {
      if (builds.includes('push')) await cluster.run('agent_runtime', 'owner', pushTrigger);
      const env = { ...environment(cluster, road.port, folder), ...settings };
      gateways.push(...(await Promise.all(builds.map((build) => GatewayPlace.open(build, folder, env)))));
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  of(build: Build): GatewayPlace[] {
    return this.gateways.filter((gateway) => gateway.build === build);
  }

  /** Sessions with one message each, and where clients may begin: after that message, or after all of them. */
  async addSessions(sessionIds: readonly string[]): Promise<{ of: ReadonlyMap<string, Start>; all: Start }> {
    for (const sessionId of sessionIds) {
      await this.cluster.run(
        'agent_runtime',
        'owner',
        `INSERT INTO sessions (id, title, user_id, tenant_id) VALUES ('${sessionId}', 'Chaos', 'anna', 'default');
         INSERT INTO messages (id, session_db_id, role, content) VALUES ('first-of-${sessionId}', '${sessionId}', 'user', 'first')`,
      );
    }
    const starts = new Map<string, Start>();
    for (const sessionId of sessionIds) starts.set(sessionId, { cursor: await this.endCursor(sessionId), place: 1 });
    const position = Math.max(...(await this.truth()).map((message) => message.position));
    return { of: starts, all: { cursor: starts.get(sessionIds.at(-1) ?? '')?.cursor ?? '', place: position } };
  }

  /** What is there, by the tables alone. */
  truth(): Promise<Committed[]> {
    return this.#numbered<Committed>(
      `SELECT m.id AS "messageId", m.session_db_id AS "sessionId", l.message_sequence::int AS sequence, l.position::int AS position
       FROM messages m JOIN scrollback.session_log l
         ON l.subject_id = m.id AND l.session_id = m.session_db_id AND l.kind = 'message_added'
       ORDER BY l.position`,
    );
  }

  /** Messages without a place in the log, and sessions whose numbers are not 1, 2, 3 …: both must be none. */
  async flawsOfLog(): Promise<{ unlogged: number; notDense: number }> {
    const [flaws] = await this.#numbered<{ unlogged: number; notDense: number }>(
      `SELECT (SELECT count(*)::int FROM messages m WHERE NOT EXISTS (SELECT FROM scrollback.session_log l
          WHERE l.subject_id = m.id AND l.session_id = m.session_db_id AND l.kind = 'message_added')) AS unlogged,
        (SELECT count(*)::int FROM (SELECT session_id FROM scrollback.session_log GROUP BY session_id
          HAVING max(number) <> count(*) OR max(message_sequence) <> count(*) FILTER (WHERE kind = 'message_added')) AS gappy) AS "notDense"`,
    );
    return flaws ?? { unlogged: -1, notDense: -1 };
  }

  async close(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.close()));
    await this.databaseRoad.close();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #numbered<Row extends object>(statement: string): Promise<Row[]> {
    return this.cluster.run('agent_runtime', 'owner', statement);
  }

  /** Of the newest message. */
  async endCursor(sessionId: string): Promise<string> {
    const [gateway] = this.of('ours');
    const response = await fetch(gateway?.httpUrl ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-auth': internalApiKey },
      body: JSON.stringify({
        query: `query ($id: ID!) { session(id: $id) { messages(last: 1) { pageInfo { endCursor } } } }`,
        variables: { id: sessionId },
      }),
    });
    const answer = (await response.json()) as {
      data: { session: { messages: { pageInfo: { endCursor: string } } } };
    };
    return answer.data.session.messages.pageInfo.endCursor;
  }
}

export function environment(cluster: Cluster, roadPort: number, folder: string): Record<string, string> {
  const onRoad = (url: string): string => url.replace(`:${cluster.port}/`, `:${roadPort}/`);
  return {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    ...roomForTests,
    LOG_LEVEL: process.env['TEST_LOG'] ?? 'silent',
    MIGRATE_ON_START: 'false',
    SCROLLBACK_DATA: join(folder, 'gateway-data'),
    INTERNAL_API_KEY: internalApiKey,
    AGENT_RUNTIME__DB_URL: onRoad(cluster.url('agent_runtime', 'gateway')),
    AUTH_SERVICE__DB_URL: onRoad(cluster.url('auth_db', 'gateway')),
  };
}

/** What the pushing build hears. */
const pushTrigger = `
CREATE FUNCTION public.chaos_push() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM pg_notify('chaos_push', json_build_object('sessionId', NEW.session_id, 'number', NEW.number, 'position', NEW.position,
    'kind', NEW.kind, 'subjectId', NEW.subject_id, 'messageSequence', NEW.message_sequence, 'chain', encode(NEW.chain, 'hex'),
    'createdAt', NEW.created_at)::text);
  RETURN NULL;
END
$$;
CREATE TRIGGER chaos_push AFTER INSERT ON scrollback.session_log FOR EACH ROW EXECUTE FUNCTION public.chaos_push();
`;
