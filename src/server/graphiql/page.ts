import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createFetcher } from './fetcher.ts';
import { firstTabs } from './first-tabs.ts';
import { lastTab } from './last-tab.ts';
import { logo } from './logo.ts';

export interface GraphiqlOptions {
  /** Path or URL of the API; subscriptions use the same one by websocket. */
  endpoint: string;
  /** What the header editor starts with, such as a demo user's token. */
  headers?: Record<string, string>;
}

export interface GraphiqlPage {
  html: string;
  contentSecurityPolicy: string;
}

/** The page without its options: the same for every visit, large, and hence made only when first asked for. */
interface Shell {
  head: string;
  scripts: readonly string[];
  contentSecurityPolicy: string;
}

const startScript = `
const options = JSON.parse(document.getElementById('options').textContent);
const url = new URL(options.endpoint, location.href).href;
const connect = (connectionParams) =>
  graphqlWs.createClient({ url: url.replace(/^http/, 'ws'), connectionParams, retryAttempts: 0 });
const fetcher = (${createFetcher.toString()})(url, connect);
const tab = (${lastTab.toString()})(localStorage.getItem('graphiql:tabState'), location.search);
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), { ...options.graphiql, ...tab, fetcher });
`;

/** The editor's language services run in workers; their code is part of the page instead of files of their own. */
const workersScript = (workers: Record<string, string>): string => `
const workers = ${asScriptText(workers)};
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_, label) => URL.createObjectURL(new Blob([workers[label]], { type: 'application/javascript' })),
};
`;

/** JSON that neither ends the script element that it stands in nor opens a comment there. */
const asScriptText = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const hashOf = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

function policyFor(scripts: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    'worker-src blob:',
    // The editor measures and places its text by style attributes and style elements made at run time.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function readLiveClientScript(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('graphql-ws');
  return readFile(join(dirname(main), '../umd/graphql-ws.min.js'), 'utf8');
}

async function makeShell(): Promise<Shell> {
  const { css, js, ...workers } = await import('@graphql-yoga/render-graphiql/graphiql');
  const { editorWorkerService, jsonWorker: json, graphqlWorker: graphql } = workers;
  const scripts = [
    workersScript({ editorWorkerService, json, graphql }),
    js,
    await readLiveClientScript(),
    startScript,
  ];
  const head = `<meta charset="utf-8"><title>Scrollback</title><link rel="icon" href="data:image/svg+xml,${encodeURIComponent(logo)}"><style>${css}</style>`;
  return { head, scripts, contentSecurityPolicy: policyFor(scripts) };
}

let shell: Promise<Shell> | undefined;

/** GraphiQL as one self-contained page: it loads nothing from elsewhere, and its policy allows it nothing else. */
export async function graphiqlPage(options: GraphiqlOptions): Promise<GraphiqlPage> {
  const { head, scripts, contentSecurityPolicy } = await (shell ??= makeShell());
  const graphiql = {
    title: 'Scrollback',
    logo,
    defaultTabs: firstTabs,
    headers: JSON.stringify(options.headers ?? { Authorization: 'Bearer ' }, null, 2),
    defaultEditorToolsVisibility: 'headers',
    // A token stays out of the browser's storage, and a page that is opened again shows the one that it was given.
    shouldPersistHeaders: false,
  };
  const html = `<!doctype html>
<html lang="en">
<head>${head}</head>
<body class="no-focus-outline">
<noscript>This page needs JavaScript.</noscript>
<div id="root"></div>
<script type="application/json" id="options">${asScriptText({ endpoint: options.endpoint, graphiql })}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
  return { html, contentSecurityPolicy };
}
