import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type ClientConfig } from 'pg';
import { StartupError } from '../../shared/errors.ts';
import { messageOf } from './complaint.ts';
import { splitScript } from './sql-script.ts';

const initFolder = fileURLToPath(new URL('../../../init-db/', import.meta.url));

/** Runs the SQL files of init-db/ in the order of their names, each from the database of `connection` on. */
export async function runInitScripts(connection: ClientConfig): Promise<void> {
  const files = (await readdir(initFolder)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const file of files) {
    try {
      await runScript(connection, await readFile(join(initFolder, file), 'utf8'));
    } catch (error) {
      throw new StartupError(`init-db/${file} failed: ${messageOf(error)}`, error);
    }
  }
}

async function runScript(connection: ClientConfig, script: string): Promise<void> {
  let client = await connect(connection);
  try {
    for (const step of splitScript(script)) {
      if ('sql' in step) {
        await client.query(step.sql);
      } else {
        await client.end();
        client = await connect({ ...connection, database: step.connect });
      }
    }
  } finally {
    await client.end();
  }
}

export async function connect(connection: ClientConfig): Promise<Client> {
  const client = new Client(connection);
  await client.connect();
  return client;
}
