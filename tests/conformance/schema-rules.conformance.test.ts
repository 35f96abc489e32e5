import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as plugin from '@graphql-eslint/eslint-plugin';
import { ESLint, type Linter } from 'eslint';
import { beforeAll, expect, it } from 'vitest';

const file = resolve(import.meta.dirname, '../../schema.graphql');

/** The rules of the connection specification and of names, as @graphql-eslint ships them; docs/conformance.md says what is left out. */
const rules: Record<string, unknown> = {
  ...plugin.configs['flat/schema-recommended'].rules,
  ...plugin.configs['flat/schema-relay'].rules,
  '@graphql-eslint/require-description': 'off',
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
  '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
  '@graphql-eslint/strict-id-in-types': [
    'error',
    {
      exceptions: {
        suffixes: ['Connection', 'Edge', 'Payload', 'Change'],
        types: ['PageInfo', 'UsageSummary', 'Viewer'],
      },
    },
  ],
  '@graphql-eslint/input-name': 'error',
  '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
};

/** Names of the contract that a rule does not like. */
const accepted: Record<string, readonly string[]> = {
  '@graphql-eslint/no-typename-prefix': [
    'Field "toolCallId" starts with the name of the parent type "ToolCall"',
    'Field "username" starts with the name of the parent type "User"',
  ],
};

let complaints: readonly { readonly ruleId: string | null; readonly message: string }[];

beforeAll(async () => {
  const lint = new ESLint({
    cwd: resolve(import.meta.dirname, '../..'),
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.graphql'],
      plugins: { '@graphql-eslint': plugin as unknown as ESLint.Plugin },
      languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: file } } },
      rules: rules as Linter.RulesRecord,
    },
  });
  const [report] = await lint.lintText(await readFile(file, 'utf8'), { filePath: file });
  complaints = report?.messages ?? [];
});

it.each(Object.keys(rules))('%s', (rule) => {
  expect(complaints.filter(({ ruleId }) => ruleId === rule).map(({ message }) => message)).toEqual(
    accepted[rule] ?? [],
  );
});

it('nothing else is complained about', () => expect(complaints.filter(({ ruleId }) => ruleId === null)).toEqual([]));
