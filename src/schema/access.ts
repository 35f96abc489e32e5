import type { Viewer } from '../services/identity/viewer.ts';
import { ScrollbackError } from '../shared/errors.ts';

/** What a token must allow before an operation starts. What its viewer then sees is decided by the predicates in SQL. */
export type Rule = 'anyone' | 'reader' | 'auditReader' | 'writer' | 'manager' | 'administrator';

type RuleDefinition = { readonly allows: (viewer: Viewer) => boolean; readonly needs: string };

const has = (viewer: Viewer, ...scopes: string[]): boolean =>
  viewer.isAdmin || scopes.some((scope) => viewer.scopes.includes(scope));

export const rules: Readonly<Record<Rule, RuleDefinition>> = {
  anyone: { allows: () => true, needs: 'a token' },
  reader: { allows: (viewer) => has(viewer, 'api:read', 'tenant:admin'), needs: 'the scope api:read' },
  auditReader: {
    allows: (viewer) => has(viewer, 'api:read', 'tenant:admin', 'audit:read'),
    needs: 'the scope api:read or audit:read',
  },
  writer: { allows: (viewer) => has(viewer, 'api:write', 'tenant:admin'), needs: 'the scope api:write' },
  manager: { allows: (viewer) => has(viewer, 'tenant:admin'), needs: 'the scope tenant:admin or api:admin' },
  administrator: { allows: (viewer) => viewer.isAdmin, needs: 'the scope api:admin' },
};

/** Every root field and its rule. A root field that is not here stops the gateway from starting. */
export const access: Readonly<Record<string, Rule>> = {
  'Query.viewer': 'anyone',
  'Query.node': 'auditReader',
  'Query.nodes': 'auditReader',
  'Query.session': 'reader',
  'Query.sessions': 'reader',
  'Query.message': 'reader',
  'Query.messageFeedCursor': 'reader',
  'Query.searchMessages': 'reader',
  'Query.approval': 'reader',
  'Query.approvals': 'reader',
  'Query.user': 'auditReader',
  'Query.users': 'auditReader',
  'Query.auditLog': 'auditReader',
  'Query.auditLogs': 'auditReader',
  'Query.oauthClients': 'administrator',
  'Query._service': 'anyone',
  'Query._entities': 'auditReader',

  'Mutation.createSession': 'writer',
  'Mutation.updateSession': 'writer',
  'Mutation.closeSession': 'writer',
  'Mutation.archiveSession': 'writer',
  'Mutation.deleteSession': 'writer',
  'Mutation.sendMessage': 'writer',
  'Mutation.editMessage': 'writer',
  'Mutation.recordToolCall': 'writer',
  'Mutation.switchAgent': 'writer',
  'Mutation.requestApproval': 'writer',
  'Mutation.decideApproval': 'writer',
  'Mutation.cancelApproval': 'writer',
  'Mutation.trackEvent': 'writer',
  'Mutation.recordAuditLog': 'administrator',
  'Mutation.revokeRefreshTokens': 'writer',
  'Mutation.setUserActive': 'manager',

  'Subscription.messageAdded': 'reader',
  'Subscription.messageFeed': 'reader',
  'Subscription.messageChanged': 'reader',
  'Subscription.sessionChanged': 'reader',
  'Subscription.approvalChanged': 'reader',
  'Subscription.auditLogAdded': 'auditReader',
};

/** What checks that a viewer may start this operation, named like `Query.session`. */
export function admission(path: string): (viewer: Viewer) => void {
  const rule = access[path];
  if (rule === undefined) throw new Error(`${path} has no row in the access table (schema/access.ts).`);
  const { allows, needs } = rules[rule];
  return (viewer) => {
    if (!allows(viewer)) throw new ScrollbackError('FORBIDDEN', `This token may not do that: ${path} needs ${needs}.`);
  };
}
