import { Command } from 'commander';
import { loadConfig, type Config } from '../config/config.ts';
import { existingCluster } from '../databases/embedded/location.ts';
import { createLog } from '../shared/log.ts';
import { checkDataFolder } from './doctor/check-data-folder.ts';
import { checkDatabase, checkReplica } from './doctor/check-database.ts';
import { checkCertificate } from './doctor/check-certificate.ts';
import { checkKeys } from './doctor/check-keys.ts';
import { checkRedis } from './doctor/check-redis.ts';
import { foundBy, lineOf, ok, problem, warning, type Finding } from './doctor/finding.ts';
import { withRuntime } from './with-runtime.ts';

export const doctorCommand = new Command('doctor')
  .description('Check settings, databases, rights, clocks and keys, and say what to do.')
  .action(async () => {
    const config = readConfig();
    if (config !== null) await examine(config);
  });

/** A finding is told as soon as it is there; a problem makes the command fail. */
function tell(findings: readonly Finding[]): void {
  for (const finding of findings) process.stdout.write(lineOf(finding));
  if (findings.some(({ level }) => level === 'problem')) process.exitCode = 1;
}

/** Null where settings are wrong: nothing can be examined with them. */
function readConfig(): Config | null {
  try {
    const config = loadConfig(process.env);
    tell(
      config.warnings.length === 0
        ? [ok('settings', 'are right')]
        : config.warnings.map((text) => warning('settings', text)),
    );
    return config;
  } catch (error) {
    const [first = '', ...wrong] = (error as Error).message.split('\n').map((line) => line.trim());
    tell((wrong.length === 0 ? [first] : wrong).map((text) => problem('settings', text)));
    return null;
  }
}

/** What takes time is begun at once, and told in its order. */
async function examine(config: Config): Promise<void> {
  const { agentRuntime, authService } = config.databases;
  const hasEmbedded = agentRuntime === null || authService === null;
  if (hasEmbedded || config.auth.keys.kind === 'built-in')
    tell(await foundBy('data folder', () => checkDataFolder(config.dataFolder)));
  const { tls, limits } = config.http;
  if (tls !== null) tell(await foundBy('certificate', () => checkCertificate(tls)));
  const { redisUrl } = limits.rate;
  const rates = redisUrl === null ? [] : foundBy('rate limits', () => checkRedis(redisUrl));
  const tokens = foundBy('tokens', () => checkKeys(config));
  const databases =
    hasEmbedded && existingCluster(config.dataFolder) === undefined
      ? [ok('databases', 'the embedded PostgreSQL will be made by the first start')]
      : foundBy('databases', () => examineDatabases(config));
  tell(await tokens);
  tell(await rates);
  tell(await databases);
}

async function examineDatabases(config: Config): Promise<readonly Finding[]> {
  const log = createLog({ level: 'error', pretty: false });
  let found: readonly Finding[] = [];
  await withRuntime(config, log, async ({ roads }) => {
    const { rowSecurity } = config.databases;
    const checks = { migratesOnStart: config.migrateOnStart, live: config.live, rowSecurity };
    const each = Object.values(roads).map(async (road) => {
      const { replica } = road;
      const [main, ofReplica] = await Promise.all([
        checkDatabase({ ...checks, road }),
        replica === null ? [] : checkReplica(replica),
      ]);
      return [main, ofReplica].flat();
    });
    found = (await Promise.all(each)).flat();
  });
  return found;
}
