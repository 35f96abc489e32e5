import type { LogPlace } from '../change-feed/contract.ts';
import { Follower, type Outlet } from './follower.ts';
import { Share, type Shared } from './share.ts';

export interface FollowOptions extends Shared {
  /** Equal for those who may share; null for one who may not. */
  readonly key: string | null;
  readonly from: LogPlace;
  readonly first: readonly (() => Promise<string>)[];
  readonly outlet: Outlet;
  readonly ended: (reason: unknown) => void;
}

/** Followers by what they share. */
export class Shares {
  readonly #shares = new Map<string, Share>();

  /** Gives the outlet what comes after the place, until the returned function is called or there is a reason to end. */
  follow({ key, log, write, ...options }: FollowOptions): () => void {
    const known = key === null ? undefined : this.#shares.get(key);
    const share = known ?? new Share({ log, write });
    if (key !== null) this.#shares.set(key, share);
    const leave = (): void => {
      follower.leave();
      if (share.followers > 0) return;
      share.close();
      if (key !== null && this.#shares.get(key) === share) this.#shares.delete(key);
    };
    const ended = (reason: unknown): void => {
      leave();
      options.ended(reason);
    };
    const follower = new Follower({ ...options, share, ended });
    follower.start();
    return leave;
  }
}
