/** The scopes that a token can carry. */
export type Scope = 'api:read' | 'api:write' | 'api:admin' | 'tenant:admin' | 'audit:read';

export const allScopes: readonly Scope[] = ['api:read', 'api:write', 'api:admin', 'tenant:admin', 'audit:read'];

/** Who an operation speaks for. Every statement that reads rows for a viewer carries the viewer's predicate. */
export interface Viewer {
  /** Id in `auth_db.users`; null for an internal service, which speaks for no user. */
  readonly userId: string | null;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  /** Scope `api:admin`: sees and changes everything. */
  readonly isAdmin: boolean;
  /** Scope `tenant:admin`: sees and changes what belongs to the tenant. */
  readonly isTenantAdmin: boolean;
  /** Scope `audit:read`: sees the audit trails of the tenant's users. */
  readonly canReadAudit: boolean;
  /** Scope `api:read`, or one that includes it: may see conversations. Who may write sees what is its own to write. */
  readonly canRead: boolean;
  /** OAuth client that asked for the token, where the token says so. */
  readonly clientId: string | null;
  /** When the token was made, in milliseconds since 1970; null where it does not say. */
  readonly issuedAt: number | null;
  /** When the token ends, in milliseconds since 1970; null where it does not. */
  readonly expiresAt: number | null;
  /** From where the viewer does something that the audit trail tells of; null where nobody has said. */
  readonly origin: Origin | null;
}

/** Where a request came from. */
export interface Origin {
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

export function viewerOf(claims: {
  userId: string | null;
  tenantId?: string;
  scopes: readonly string[];
  clientId?: string | null;
  issuedAt?: number | null;
  expiresAt?: number | null;
}): Viewer {
  const isAdmin = claims.scopes.includes('api:admin');
  return {
    userId: claims.userId,
    tenantId: claims.tenantId ?? 'default',
    scopes: claims.scopes,
    isAdmin,
    isTenantAdmin: isAdmin || claims.scopes.includes('tenant:admin'),
    canReadAudit: isAdmin || claims.scopes.includes('audit:read'),
    canRead: isAdmin || ['api:read', 'api:write', 'tenant:admin'].some((scope) => claims.scopes.includes(scope)),
    clientId: claims.clientId ?? null,
    issuedAt: claims.issuedAt ?? null,
    expiresAt: claims.expiresAt ?? null,
    origin: null,
  };
}

/** Whom a viewer's cursors are for: the same subject of the same tenant, whatever token it comes with. */
export const audienceOf = ({ userId, tenantId }: Viewer): string => JSON.stringify([userId, tenantId]);

const rightsOfViewers = new WeakMap<Viewer, string>();

/** What decides what a viewer is shown: those for whom it is equal may share an answer. */
export function rightsOf(viewer: Viewer): string {
  let rights = rightsOfViewers.get(viewer);
  if (rights === undefined) {
    const { expiresAt: _expiresAt, issuedAt: _issuedAt, origin: _origin, ...what } = viewer;
    rights = JSON.stringify(what);
    rightsOfViewers.set(viewer, rights);
  }
  return rights;
}
