import type { ReadFor } from '../../databases/row-security/read-for.ts';
import type { Viewer } from './viewer.ts';

/** What the database is told about a viewer, for its own policies. */
export const readForOf = (viewer: Viewer): ReadFor => ({
  // No user has an empty id.
  user: viewer.userId ?? '',
  tenant: viewer.tenantId,
  sessions: reach(viewer.isAdmin, viewer.isTenantAdmin, viewer.canRead),
  users: viewer.isAdmin ? 'all' : viewer.isTenantAdmin || viewer.canReadAudit ? 'tenant' : 'own',
  trails: reach(viewer.isAdmin, viewer.canReadAudit, viewer.canRead),
});

const reach = (all: boolean, tenant: boolean, own: boolean): ReadFor['sessions'] =>
  all ? 'all' : tenant ? 'tenant' : own ? 'own' : 'none';
