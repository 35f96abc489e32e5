import type { Config } from '../config/config.ts';
import { isUnavailable } from '../databases/database-errors.ts';
import { demoUsername } from '../services/demo/demo-users.ts';
import { silentLog } from '../shared/log.ts';
import { sql } from '../shared/sql.ts';
import { openRuntime } from './runtime.ts';
import { tokenFor } from './token.ts';

const twelveHours = 12 * 3600;

/** What a stranger needs, on standard output. Where tokens come from elsewhere, no stranger is expected. */
export async function printWelcome(config: Config, port: number): Promise<void> {
  const origin = `${config.http.tls === null ? 'http' : 'https'}://${displayHost(config.http.host)}:${port}`;
  const isForStrangers = config.auth.keys.kind === 'built-in' && config.mode !== 'production';
  const text = isForStrangers
    ? welcome(config, origin, await demoToken(config))
    : `Scrollback serves ${origin}/graphql\n`;
  process.stdout.write(text);
}

const displayHost = (host: string): string => {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

interface Found {
  /** Null where the databases hold somebody's own data instead of the demo, or cannot be asked. */
  readonly token: string | null;
  readonly isAway: boolean;
}

async function demoToken(config: Config): Promise<Found> {
  const runtime = await openRuntime(config, silentLog(), { besideGateway: true });
  try {
    const lifetime = { expiresInSeconds: twelveHours };
    await runtime.databases.agentRuntime.query(sql`SELECT 1`);
    return { token: await tokenFor(config, runtime.databases.auth, demoUsername, lifetime), isAway: false };
  } catch (error) {
    return { token: null, isAway: isUnavailable(error) };
  } finally {
    await runtime.close();
  }
}

function welcome(config: Config, origin: string, { token, isAway }: Found): string {
  const graphiql = config.http.graphiql ? `  GraphiQL    ${origin}/graphql in a browser\n` : '';
  return `
${isAway ? awayHint : 'Scrollback is ready.'}

  GraphQL     ${origin}/graphql (HTTP and WebSocket)
${graphiql}  Data        ${config.dataFolder}
  Stop        Ctrl-C

${token === null ? tokenHint : tokenAndExamples(origin, token, config.http.graphiql)}`;
}

const awayHint = `Scrollback is up, and waits for a database that cannot be reached; the warnings above say which. It tries again by itself.`;

const tokenHint = `A token for one of your users: npm run -s scrollback -- token --user <name or id>\n`;

const tokenAndExamples = (
  origin: string,
  token: string,
  graphiql: boolean,
): string => `A token for the user "demo", good for twelve hours; paste it into a second terminal, in this folder:

export TOKEN=${token}

A query:

${curl(origin, '{ sessions(first: 3) { nodes { title currentAgent messageCount lastActivityAt } } }')}

A subscription, to every message from now on${graphiql ? ' (in GraphiQL it is ready in the second tab)' : ''}:

${subscriber(origin)}

A message, from a third terminal${graphiql ? ' (or GraphiQL)' : ''}, that the subscription shows:

${curl(origin, 'mutation { sendMessage(input: { content: \\"Hello!\\" }) { session { title } } }')}

More tokens: npm run -s scrollback -- token --user admin
`;

const curl = (origin: string, query: string): string =>
  `curl -s ${origin}/graphql -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"query":"${query}"}'`;

const subscriber = (origin: string): string =>
  [
    `node -e 'import("graphql-ws").then(async ({ createClient }) => {`,
    `  const { WebSocket } = await import("ws"), url = "${origin.replace('http', 'ws')}/graphql";`,
    `  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: { Authorization: "Bearer " + process.env.TOKEN } });`,
    `  const query = "subscription { messageFeed { cursor node { sequence role content session { title } } } }";`,
    `  for await (const result of client.iterate({ query })) console.log(JSON.stringify(result));`,
    `})'`,
  ].join('\n');
