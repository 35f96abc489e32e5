import type { Origin, Viewer } from '../../services/identity/viewer.ts';

/** Who asks, as limits see it. */
export interface Caller {
  /** null without credentials. */
  readonly viewer: Viewer | null;
  readonly address: string;
}

/** The viewer of something that the audit trail may tell of. */
export const viewerFrom = ({ viewer }: Caller, origin: Origin | null): Viewer | null =>
  viewer === null || origin === null ? viewer : { ...viewer, origin };

/** Under which names a caller is counted; null = not counted. Strangers count by address, internal services not at all. */
export interface CallerKeys {
  readonly user: string | null;
  readonly tenant: string | null;
}

export function keysOf({ viewer, address }: Caller): CallerKeys {
  if (viewer === null) return { user: `address ${address}`, tenant: null };
  if (viewer.userId === null) return { user: null, tenant: null };
  return { user: `user ${viewer.tenantId} ${viewer.userId}`, tenant: `tenant ${viewer.tenantId}` };
}
