/** A place where the gateway is broken on purpose, to see that the test finds it. */
export interface Break {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const visibility = 'src/services/identity/visibility.ts';

/** Predicates, guards and checks of scopes, each taken away by itself. */
export const breaks: Readonly<Record<string, Break>> = {
  'sessions of others': {
    file: visibility,
    from: '${undeleted} AND ${session}.user_id = ${viewer.userId}',
    to: '${undeleted} AND ${viewer.userId}::text IS NOT NULL',
  },
  'sessions of other tenants': {
    file: visibility,
    from: 'deleted_at IS NULL AND ${session}.tenant_id = ${viewer.tenantId}',
    to: 'deleted_at IS NULL AND ${viewer.tenantId}::text IS NOT NULL',
  },
  'deleted sessions': { file: visibility, from: '${session}.deleted_at IS NULL AND', to: '' },
  'sessions without an owner': {
    file: visibility,
    from: '${undeleted} AND ${session}.user_id IS NOT NULL',
    to: '${undeleted}',
  },
  'what belongs to a session': {
    file: visibility,
    from: "WHERE v.id = ${sessionId} AND ${sessionVisible(viewer, 'v')}",
    to: 'WHERE v.id = ${sessionId}',
  },
  'conversations with any scope': { file: visibility, from: 'if (!viewer.canRead) return nothing;', to: '' },
  'users of other tenants': {
    file: visibility,
    from: 'return sql`u.tenant_id = ${viewer.tenantId}`',
    to: 'return everything',
  },
  'audit trails of other tenants': {
    file: visibility,
    from: 'return sql`e.tenant_id = ${viewer.tenantId}`',
    to: 'return everything',
  },
  'tokens of other tenants': {
    file: visibility,
    from: 'if (viewer.isTenantAdmin) return ofTenant;',
    to: 'if (viewer.isTenantAdmin) return everything;',
  },
  'events of other users': { file: visibility, from: ' AND c.user_id = ${viewer.userId}', to: '' },
  'the search': {
    file: 'src/services/search/search-statements.ts',
    from: 'join([sessionVisible(search.viewer), ...search.filter]',
    to: 'join([sql`TRUE`, ...search.filter]',
  },
  counts: {
    file: 'src/services/reading/statements.ts',
    from: "FROM ${raw(page.source.from)} WHERE ${join(conditions(page, parent), ' AND ')}`;",
    to: "FROM ${raw(page.source.from)} WHERE ${page.relation === null ? sql`TRUE` : join(conditions(page, parent), ' AND ')}`;",
  },
  'the access table': { file: 'src/schema/access.ts', from: 'if (!allows(viewer))', to: 'if (allows === null)' },
  'sessions to write to': {
    file: 'src/services/sessions/locked-session.ts',
    from: ' AND ${sessionVisible(viewer, alias)}',
    to: '',
  },
  'sessions to track events of': {
    file: 'src/services/events/event-service.ts',
    from: ' AND ${sessionVisible(viewer)}`',
    to: '`',
  },
  'approvals to decide': {
    file: 'src/services/approvals/locked-approval.ts',
    from: '${sessionIdVisible(viewer, sessionId)} AND NOT',
    to: 'NOT',
  },
  'users to change': {
    file: 'src/services/users/user-service.ts',
    from: '.id AND ${userVisible(viewer)})`',
    to: '.id)`',
  },
  'owners to give sessions to': {
    file: 'src/services/sessions/session-ownership.ts',
    from: ' AND ${userVisible(viewer)}`',
    to: '`',
  },
  'names of requests': {
    file: 'src/services/approvals/approval-service.ts',
    from: 'if (await insertIfNew(em, PendingApprovalEntity, approval)) return approval.id;',
    to: "if (await insertIfNew(em, PendingApprovalEntity, approval)) return approval.id; else throw badInput('taken');",
  },
  'names of messages': {
    file: 'src/services/messages/claim.ts',
    from: 'viewer.userId ?? `service',
    to: "'anybody' as string ?? `service",
  },
  'names of sessions': {
    file: 'src/services/sessions/session-input.ts',
    from: '!viewer.isAdmin && !isUuid(input.id)',
    to: 'false',
  },
  'rows that are delivered': {
    file: 'src/services/live/watching.ts',
    from: 'const some = this.#some(viewer, wanted);',
    to: 'const some = this.#some({ ...viewer, isAdmin: true }, wanted);',
  },
  'rows that are read together': {
    file: 'src/services/live/rows-together.ts',
    from: "one.keys.map(() => one.values[index] ?? '')",
    to: "one.keys.map(() => first.values[index] ?? '')",
  },
  'results that are shared': {
    file: 'src/services/identity/viewer.ts',
    from: 'rights = JSON.stringify(what);',
    to: "rights = what === null ? '' : 'anybody';",
  },
  'cursors of others': {
    file: 'src/services/identity/viewer.ts',
    from: 'JSON.stringify([userId, tenantId])',
    to: "(userId, tenantId, 'anybody')",
  },
};
