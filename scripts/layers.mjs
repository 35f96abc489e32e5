import { dirname, relative, resolve, sep } from 'node:path';

/**
 * The layer table of ARCHITECTURE.md as a lint rule. `imports` may be used in any way, `types` only by
 * `import type`; an entry is a folder of src/ or one file of it. `packages` names what a layer must not know.
 */
const graphql = ['graphql', 'graphql-*', 'type-graphql', '@apollo/*', '@graphql-*'];
const transport = ['ws', 'graphql-ws', 'node:http', 'node:https', 'node:http2'];
const storage = ['pg', 'pg-*', '@mikro-orm/*'];

const layers = {
  client: { imports: [], packages: ['graphql', 'type-graphql', '@*', 'node:*', 'ws', ...storage] },
  shared: { imports: [], packages: [...graphql, ...transport, ...storage] },
  config: { imports: ['shared'], packages: [...graphql, ...transport, ...storage] },
  entities: { imports: ['shared'], packages: [...graphql, ...transport, 'pg'] },
  databases: { imports: ['entities', 'shared'], types: ['config'], packages: [...graphql, ...transport] },
  'change-feed': { imports: ['databases', 'shared'], types: ['config'], packages: [...graphql, ...transport] },
  live: { imports: ['change-feed/contract.ts', 'shared'], packages: [...graphql, ...transport, ...storage] },
  services: {
    imports: ['databases', 'entities', 'live', 'shared'],
    types: ['config', 'change-feed/contract.ts'],
    packages: [...graphql, ...transport],
  },
  schema: { imports: ['shared'], types: ['services'], packages: [...transport, ...storage] },
  resolvers: { imports: ['schema', 'services', 'shared'], packages: [...transport, ...storage] },
  'read-plans': { imports: ['schema', 'services', 'databases', 'shared'], packages: transport },
  server: { imports: ['resolvers', 'read-plans', 'shared'], types: ['services', 'config'], packages: storage },
};
/** The composition root and its commands build every layer; only main.ts may import them. */
const roots = ['main.ts', 'commands'];

const source = resolve(import.meta.dirname, '../src');
const isWithin = (path, entry) => path === entry || path.startsWith(`${entry}/`);
const matchesPackage = (name, pattern) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern || name.startsWith(`${pattern}/`);
/** A path below src/ with forward slashes; one that starts with `../` lies outside of it. */
const inSource = (path) => relative(source, path).split(sep).join('/');

function complaintAboutFile(from, target, isType) {
  const layerName = from.split('/')[0];
  if (target.startsWith('../')) return `src must not import what lies outside of it (${target})`;
  if (roots.includes(layerName)) {
    return isWithin(target, 'main.ts') ? 'main.ts is imported by nobody' : null;
  }
  const layer = layers[layerName];
  if (!layer) return `src/${layerName} is not a layer of ARCHITECTURE.md; name it in scripts/layers.mjs`;
  if ([layerName, ...layer.imports].some((entry) => isWithin(target, entry))) return null;
  if (!(layer.types ?? []).some((entry) => isWithin(target, entry))) return `${layerName} must not import ${target}`;
  return isType ? null : `${layerName} may import ${target} only as types`;
}

function complaintAboutPackage(from, name) {
  const layerName = from.split('/')[0];
  const isBanned = layers[layerName]?.packages.some((pattern) => matchesPackage(name, pattern));
  return isBanned ? `${layerName} must not know the package ${name}` : null;
}

/** Whether the statement leaves nothing behind at run time. */
const isTypeOnly = (node) => node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type';

const boundaries = {
  create(context) {
    const from = inSource(context.filename);
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const complaint = specifier.startsWith('.')
        ? complaintAboutFile(from, inSource(resolve(dirname(context.filename), specifier)), isTypeOnly(node))
        : complaintAboutPackage(from, specifier);
      if (complaint) context.report({ node, message: complaint });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    };
  },
};

/** No barrels: a name is imported from the file that defines it. */
const noReExport = {
  create(context) {
    const check = (node) => {
      if (node.source)
        context.report({ node, message: 'a name is imported from the file that defines it; do not re-export' });
    };
    return { ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};

// The linter looks for a plugin in the default export.
export default { meta: { name: 'layers' }, rules: { boundaries, 'no-re-export': noReExport } };
