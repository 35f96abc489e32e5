import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { LiveConfig } from '../config/config.ts';
import { databaseLabels } from '../databases/database-name.ts';
import type { Database } from '../databases/database.ts';
import type { Log } from '../shared/log.ts';
import { BusRoad } from './bus-road.ts';
import type { HintMode, HintRoad } from './hint-road.ts';
import { notifyRoad, Notifier } from './notify-road.ts';
import { ProvenRoad, type Proving } from './proven-road.ts';
import { slotRoad } from './slot-road.ts';
import { WakeUpChoice, type WakeUpState } from './wake-up-choice.ts';

interface WakeUpRoadsOptions {
  readonly database: Database;
  /** Past any pooler; for a slot, of a role with REPLICATION. */
  readonly direct: DatabaseConfig;
  readonly config: Pick<LiveConfig, 'wakeUps' | 'bus'>;
  readonly heard: (upTo?: number) => void;
  readonly log: Log;
  readonly proving?: Proving;
}

/** The roads on which one database's hints come, and those on which ours go out to the other gateways. */
export class WakeUpRoads {
  readonly #options: WakeUpRoadsOptions;
  readonly #choice: WakeUpChoice;
  readonly #bus: BusRoad | null;
  readonly #notifier: Notifier | null;
  readonly #watcher: ProvenRoad | null;

  constructor(options: WakeUpRoadsOptions) {
    const { database, config, log } = options;
    const unsent = (reason: string): void =>
      log.debug({ reason }, 'a hint was not sent; others will see the change when they poll');
    this.#options = options;
    this.#bus = config.bus === null ? null : new BusRoad(database, config.bus, unsent);
    this.#notifier = config.wakeUps.includes('notify') ? new Notifier(database, unsent) : null;
    const changed = (): void => this.#changed();
    const roads = config.wakeUps.map((mode) => this.#prove(this.#roadOf(mode), options.heard, changed));
    this.#choice = new WakeUpChoice(databaseLabels[database.name], roads, log);
    this.#watcher = this.#bus === null || !config.wakeUps.includes('bus') ? null : this.#watcherFor(this.#bus);
  }

  get state(): WakeUpState {
    return this.#choice.state;
  }

  start(): void {
    this.#changed();
  }

  /** We have committed something. A slot needs no telling; but other gateways may have none. */
  tell(): void {
    if (this.state.mode === 'bus') this.#bus?.tell();
    else this.#notifier?.tell();
  }

  async stop(): Promise<void> {
    this.#notifier?.stop();
    await Promise.all([this.#choice.stop(), this.#watcher?.rest('stopped')]);
  }

  #changed(): void {
    this.#choice.arrange();
    if (this.state.mode === 'bus') this.#watcher?.start();
    else void this.#watcher?.rest('not needed');
  }

  #roadOf(mode: HintMode): HintRoad {
    if (mode === 'bus' && this.#bus !== null) return this.#bus;
    if (mode === 'notify') return notifyRoad(this.#options.database, this.#options.direct);
    return this.#slot(randomUUID().replaceAll('-', ''));
  }

  #slot(name: string): HintRoad {
    const { database, direct } = this.#options;
    return slotRoad({ database, direct, slot: slotName(name) });
  }

  /**
   * What the gateways' own commits do not tell: one of them, whichever gets the slot of this name first, watches the
   * write-ahead log for all. When it is gone another one gets the slot.
   */
  #watcherFor(bus: BusRoad): ProvenRoad {
    const heard = (upTo?: number): void => {
      this.#options.heard(upTo);
      bus.tell(upTo);
    };
    return this.#prove(this.#slot(`watch_${this.#options.direct.database}`), heard, () => undefined);
  }

  #prove(road: HintRoad, heard: (upTo?: number) => void, changed: () => void): ProvenRoad {
    const { proving, log } = this.#options;
    return new ProvenRoad({ road, heard, changed, log, ...(proving === undefined ? {} : { proving }) });
  }
}

/** In the letters that a slot's name may have, and no longer than it may be. */
const slotName = (name: string): string =>
  `scrollback_${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '_')
    .slice(0, 63);
