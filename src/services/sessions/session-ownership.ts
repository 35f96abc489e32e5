import { sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';
import { badInput, ScrollbackError } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { userVisible } from '../identity/visibility.ts';
import { checkText, isPossibleId } from '../writing/checks.ts';

/** Whose a session is, and in which tenant. */
export interface Ownership {
  readonly userId: string | null;
  readonly tenantId: string | null;
}

/** What clients say about it; absent is undefined. */
export interface WantedOwnership {
  readonly ownerId?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
}

const forbidden = (message: string): ScrollbackError => new ScrollbackError('FORBIDDEN', message);

/** Of a new session: the viewer's own, unless an administrator says otherwise. */
export async function ownershipOfNew(auth: Database, viewer: Viewer, wanted: WantedOwnership): Promise<Ownership> {
  const ownerId = wanted.ownerId ?? viewer.userId;
  checkTenant(viewer, wanted.tenantId);
  if (ownerId !== viewer.userId && !viewer.isTenantAdmin) {
    throw forbidden('Only administrators open sessions for others; leave `ownerId` out.');
  }
  const tenantId = ownerId === null ? null : await tenantOf(auth, viewer, ownerId);
  return { userId: ownerId, tenantId: wanted.tenantId ?? tenantId };
}

/** Of a session that is handed to somebody, or to nobody. Tenant administrators may not: it could be from anywhere. */
export async function ownershipOfGiven(
  auth: Database,
  viewer: Viewer,
  wanted: WantedOwnership,
): Promise<Partial<Ownership>> {
  const { ownerId, tenantId } = wanted;
  if (ownerId === undefined && tenantId === undefined) return {};
  if (!viewer.isAdmin)
    throw forbidden('Only administrators change whose a session is: this needs the scope api:admin.');
  checkTenant(viewer, tenantId);
  if (ownerId === undefined) return { tenantId: tenantId ?? null };
  const tenantOfOwner = ownerId === null ? null : await tenantOf(auth, viewer, ownerId);
  return { userId: ownerId, tenantId: tenantId ?? tenantOfOwner };
}

function checkTenant(viewer: Viewer, tenantId: string | null | undefined): void {
  checkText('tenantId', tenantId, 255);
  if (tenantId != null && tenantId !== viewer.tenantId && !viewer.isAdmin) {
    throw forbidden('Only administrators choose the tenant; leave `tenantId` out.');
  }
}

/** The viewer's own tenant is the token's; that of others is in the identity database. */
async function tenantOf(auth: Database, viewer: Viewer, userId: string): Promise<string> {
  if (userId === viewer.userId) return viewer.tenantId;
  const [user] = isPossibleId(userId)
    ? await auth.query<{ tenantId: string }>(
        sql`SELECT u.tenant_id AS "tenantId" FROM public.users AS u WHERE u.id = ${userId} AND ${userVisible(viewer)}`,
      )
    : [];
  if (user === undefined) throw badInput('`ownerId` is not the id of a user.', { argument: 'ownerId' });
  return user.tenantId;
}
