import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { programs } from './build.ts';
import { openRoad, type Road } from './road.ts';

/** Which delivery a gateway has: ours, or a deliberately broken one. */
export type Build = 'ours' | 'push' | 'bare-numbers';

/** Settings of a gateway that can be asked for its memory. */
export const tellsMemory = {
  NODE_OPTIONS: `--expose-gc --import=${new URL('preload/tell-memory.mjs', import.meta.url).href}`,
};

export const internalApiKey = 'chaos-internal-key-0123456789';

/**
 * A place for a gateway in a deployment: clients know the place's address, and a process stands behind it. A new
 * process listens at another port, as one on another machine would.
 */
export class GatewayPlace {
  readonly build: Build;
  readonly road: Road;
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(build: Build, road: Road, folder: string, env: Readonly<Record<string, string>>) {
    this.build = build;
    this.road = road;
    this.#folder = folder;
    this.#env = env;
  }

  static async open(build: Build, folder: string, env: Readonly<Record<string, string>>): Promise<GatewayPlace> {
    const place = new GatewayPlace(build, await openRoad(), folder, env);
    await place.start();
    return place;
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.road.port}/graphql`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.road.port}/graphql`;
  }

  /** Of the process itself, past the road. */
  get port(): number {
    return this.#port;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const [program, ...args] = this.build === 'ours' ? [programs.gateway, 'start'] : [programs.broken, this.build];
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.#folder,
      env: { PATH: process.env['PATH'], ...this.#env },
      stdio: ['ignore', 'pipe', process.env['TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
    });
    this.#child = child;
    this.#port = await portOf(child);
    this.road.lead(this.#port);
  }

  /** No goodbye, no last byte. */
  async kill(): Promise<void> {
    this.road.lead(null);
    await this.#end('SIGKILL');
  }

  /** As a deployment does it: no new clients, then SIGTERM. */
  async drain(): Promise<void> {
    this.road.lead(null);
    await this.#end('SIGTERM');
  }

  async freeze(ms: number): Promise<void> {
    const child = this.#child;
    child?.kill('SIGSTOP');
    await sleep(ms);
    child?.kill('SIGCONT');
  }

  /** What the process holds when its garbage is collected, in bytes; it must have been started with `tellsMemory`. */
  async memory(): Promise<number> {
    const file = join(this.#folder, `memory-${this.#child?.pid}.json`);
    await rm(file, { force: true });
    this.#child?.kill('SIGUSR2');
    for (let waited = 0; waited < 5000; waited += 50) {
      await sleep(50);
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text !== '') return Number(text);
    }
    throw new Error('the gateway did not tell its memory');
  }

  async close(): Promise<void> {
    await this.kill();
    await this.road.close();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(late);
  }
}

const startTimeoutMs = 30_000;

/** The program says where it serves once it does. */
async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('the gateway has no standard output');
  const late = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /http:\/\/[^/]+:(\d+)\/graphql/.exec(line)?.[1];
    if (port === undefined) continue;
    clearTimeout(late);
    child.stdout.resume();
    return Number(port);
  }
  throw new Error('the gateway ended before it served');
}
