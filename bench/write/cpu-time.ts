import type { Cluster } from '../support/cluster.ts';
import { cpuSecondsOf, cpuSecondsOfFamily } from '../support/process-usage.ts';
import type { ServerProcess } from '../support/server-process.ts';

/** CPU time of PostgreSQL and of a gateway from now on. It is steadier than rates on a machine that others use, too. */
export class CpuTime {
  readonly #cluster: Cluster;
  readonly #server: ServerProcess | undefined;
  readonly #before: readonly [number, number];

  constructor(cluster: Cluster, server: ServerProcess | undefined) {
    this.#cluster = cluster;
    this.#server = server;
    this.#before = this.#now();
  }

  /** In microseconds for each of so many. */
  per(count: number): { readonly postgres: number; readonly gateway: number } {
    const [postgres, gateway] = this.#now();
    return {
      postgres: ((postgres - this.#before[0]) * 1e6) / count,
      gateway: ((gateway - this.#before[1]) * 1e6) / count,
    };
  }

  #now(): [number, number] {
    return [cpuSecondsOfFamily(this.#cluster.pid), this.#server === undefined ? 0 : cpuSecondsOf(this.#server.pid)];
  }
}
