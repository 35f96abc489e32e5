import { Command } from 'commander';
import { loadConfig, type Config } from '../config/config.ts';
import { existingCluster } from '../databases/embedded/location.ts';
import { createLog } from '../shared/log.ts';
import { checkDataFolder } from './doctor/check-data-folder.ts';
import { checkDatabase, checkReplica } from './doctor/check-database.ts';
import { checkKeys } from './doctor/check-keys.ts';
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

async function examine(config: Config): Promise<void> {
  const { agentRuntime, authService } = config.databases;
  const hasEmbedded = agentRuntime === null || authService === null;
  if (hasEmbedded || config.auth.keys.kind === 'built-in')
    tell(await foundBy('data folder', () => checkDataFolder(config.dataFolder)));
  tell(await foundBy('tokens', () => checkKeys(config)));
  if (hasEmbedded && existingCluster(config.dataFolder) === undefined) {
    return tell([ok('databases', 'the embedded PostgreSQL will be made by the first start')]);
  }
  tell(await foundBy('databases', () => examineDatabases(config)));
}

async function examineDatabases(config: Config): Promise<readonly Finding[]> {
  const log = createLog({ level: 'error', pretty: false });
  const findings: Finding[] = [];
  await withRuntime(config, log, async ({ roads }) => {
    const checks = { migratesOnStart: config.migrateOnStart, live: config.live };
    for (const road of Object.values(roads)) {
      findings.push(...(await checkDatabase({ ...checks, road })));
      if (road.replica !== null) findings.push(await checkReplica(road.replica));
    }
  });
  return findings;
}
