import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { assembleSchema } from '../resolvers/assemble.ts';
import { documentChecker } from '../server/admission/check-document.ts';
import { RegisteredDocuments, type RegisteredDocument } from '../services/documents/registered-documents.ts';
import { StartupError } from '../shared/errors.ts';
import { migrateDatabases } from './migrate-databases.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withOwners } from './with-owners.ts';
import { withRuntime } from './with-runtime.ts';

export const documentsCommand = new Command('documents')
  .description('Documents that clients send by id, and the only ones that run where TRUSTED_DOCUMENTS is on.')
  .addCommand(
    new Command('add')
      .description('Register documents. All of them must be in order, or none is registered.')
      .argument(
        '<file...>',
        "JSON that maps ids to documents, as codegen's client preset (persisted-documents.json) and Relay write it; or .graphql, whose id is its SHA-256 hash",
      )
      .action((files: string[]) => add(files)),
  )
  .addCommand(new Command('list').description('Print the ids of all registered documents.').action(() => list()));

async function add(files: readonly string[]): Promise<void> {
  const { config, log } = setUpQuietly();
  const documents = files.flatMap(documentsIn);
  complainOfUnfit(documents, config);
  await withRuntime(config, log, async (runtime) => {
    if (config.migrateOnStart) await migrateDatabases(runtime, log);
    const { added, taken } = await withOwners(runtime, log, (owners) =>
      new RegisteredDocuments(owners.agentRuntime).add(documents),
    );
    if (taken.length > 0) {
      throw new StartupError(
        ['These ids are registered with another text, and nothing was added:', ...taken].join('\n  '),
      );
    }
    const others = added === documents.length ? '' : '; the others were there already';
    process.stdout.write(`Added ${added} of ${documents.length} documents${others}.\n`);
  });
}

async function list(): Promise<void> {
  const { config, log } = setUpQuietly();
  await withRuntime(config, log, async ({ databases }) => {
    for (const { id, length, registeredAt } of await new RegisteredDocuments(databases.agentRuntime).list()) {
      process.stdout.write(`${id}  ${registeredAt.toISOString()}  ${length} characters\n`);
    }
  });
}

/** A document, and where it was found. */
interface FoundDocument extends RegisteredDocument {
  readonly where: string;
}

function documentsIn(file: string): FoundDocument[] {
  const text = readText(file);
  if (/\.(?:graphql|gql)$/.test(file))
    return [{ id: createHash('sha256').update(text).digest('hex'), body: text, where: file }];
  const map = parsed(file, text);
  return Object.entries(map).map(([id, body]) => ({ id, body, where: `${file}, ${id}` }));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartupError(`The file ${file} cannot be read.`, cause);
  }
}

function parsed(file: string, text: string): Record<string, string> {
  const problem = new StartupError(`The file ${file} must be a JSON object of ids and documents.`);
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch {
    throw problem;
  }
  const fits =
    typeof map === 'object' &&
    map !== null &&
    !Array.isArray(map) &&
    Object.values(map).every((body) => typeof body === 'string');
  if (!fits) throw problem;
  return map as Record<string, string>;
}

function complainOfUnfit(documents: readonly FoundDocument[], config: Config): void {
  const problemsOf = documentChecker(
    assembleSchema({ federation: config.http.federation }),
    config.http.limits.document,
  );
  const problems = documents.flatMap(({ body, where }) => problemsOf(body).map((problem) => `${where}: ${problem}`));
  if (problems.length === 0) return;
  throw new StartupError(['Nothing was added, because these documents are not in order:', ...problems].join('\n  '));
}
