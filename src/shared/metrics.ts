import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the process counts and measures. Labels come from our own code and are few: never what a client sent. */
const registry = new Registry();
const registers = [registry];
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export const wakeUpMode = new Gauge({
  name: 'scrollback_wake_up_mode',
  help: '1 for the way in which changes of a database are noticed now.',
  labelNames: ['database', 'mode'],
  registers,
});

export const lookSeconds = new Histogram({
  name: 'scrollback_look_seconds',
  help: 'How long it took to look for changes.',
  labelNames: ['database'],
  buckets: seconds,
  registers,
});

export const noticedSeconds = new Histogram({
  name: 'scrollback_noticed_seconds',
  help: 'How old the newest change was when a look found it, by the clock of the database.',
  labelNames: ['database'],
  buckets: seconds,
  registers,
});

export const openSockets = new Gauge({ name: 'scrollback_open_sockets', help: 'WebSockets that are open.', registers });

export const operations = new Counter({
  name: 'scrollback_operations_total',
  help: 'Operations that were started, subscriptions included.',
  registers,
});

export const deliveries = new Counter({
  name: 'scrollback_deliveries_total',
  help: 'Events that were handed to subscriptions.',
  registers,
});

export const errors = new Counter({
  name: 'scrollback_errors_total',
  help: 'Errors that clients were told, by code.',
  labelNames: ['code'],
  registers,
});

export const poolConnections = new Gauge({
  name: 'scrollback_pool_connections',
  help: 'Connections of a pool: open, idle, and asked for without being there yet.',
  labelNames: ['database', 'state'],
  registers,
});

let collectsProcess = false;

/** In the text format of Prometheus, the process and its event loop included. */
export function metricsText(): Promise<string> {
  if (!collectsProcess) collectDefaultMetrics({ register: registry });
  collectsProcess = true;
  return registry.metrics();
}

export const metricsType = registry.contentType;
