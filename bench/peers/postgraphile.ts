import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { poolSettings } from './pool-settings.ts';

const service = (name: string, variable: string) =>
  makePgService({ name, connectionString: process.env[variable] ?? '', schemas: ['bench'], poolConfig: poolSettings });

const preset: GraphileConfig.Preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [service('main', 'AGENT_RUNTIME_URL'), service('auth', 'AUTH_URL')],
  schema: { defaultBehavior: 'connection list filterBy orderBy select' },
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, graphqlPath: '/graphql' },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
