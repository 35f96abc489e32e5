/** What the id in an operation's arguments is of; the same names as in global ids. */
export type IdType = 'Session' | 'Message' | 'Approval' | 'User' | 'AuditLog';

/** One operation of the contract in its smallest form, for tables of refusals. `id` stands for the id it is about. */
export interface Operation {
  readonly name: string;
  readonly document: string;
  readonly variables: (id: string) => Record<string, unknown>;
  /** null: the operation is about no one row. */
  readonly idType: IdType | null;
  /** Scopes with which a token is refused. */
  readonly tooLittle: readonly string[];
}

const query = (
  name: string,
  selection: string,
  idType: IdType | null = null,
  tooLittle = ['api:write'],
): Operation => ({
  name,
  document: idType === null ? `{ ${name}${selection} }` : `query ($id: ID!) { ${name}(id: $id)${selection} }`,
  variables: (id) => (idType === null ? {} : { id }),
  idType,
  tooLittle,
});

export const queries: readonly Operation[] = [
  query('session', ' { id }', 'Session'),
  query('sessions', ' { totalCount nodes { id } }'),
  query('message', ' { id }', 'Message'),
  query('messageFeedCursor', ''),
  query('searchMessages', '(query: "kazan") { totalCount nodes { id } }'),
  query('approval', ' { id }', 'Approval'),
  query('approvals', ' { totalCount nodes { id } }'),
  query('user', ' { id }', 'User'),
  query('users', ' { totalCount nodes { id } }'),
  query('auditLog', ' { id }', 'AuditLog'),
  query('auditLogs', ' { totalCount nodes { id } }'),
  query('oauthClients', ' { totalCount nodes { id } }', null, ['api:read', 'api:write', 'tenant:admin', 'audit:read']),
];

/** `node` and `nodes` take ids of any type, so they stand apart. */
export const nodeQueries: readonly Operation[] = [
  {
    ...query('node', '(id: $id) { id }'),
    document: 'query ($id: ID!) { node(id: $id) { id } }',
    variables: (id) => ({ id }),
  },
  {
    ...query('nodes', ''),
    document: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: (id) => ({ ids: [id] }),
  },
];

function mutation(
  name: string,
  selection: string,
  idType: IdType | null,
  rest: Record<string, unknown> = {},
  tooLittle: readonly string[] = ['api:read', 'audit:read'],
): Operation {
  const input = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const argument = idType === null ? {} : { [`${idType.toLowerCase()}Id`]: null };
  return {
    name,
    document: `mutation ($input: ${input}!) { ${name}(input: $input) { ${selection} } }`,
    variables: (id) => ({ input: { ...Object.fromEntries(Object.keys(argument).map((key) => [key, id])), ...rest } }),
    idType,
    tooLittle,
  };
}

export const mutations: readonly Operation[] = [
  mutation('createSession', 'session { id }', null, { title: 'New' }),
  mutation('updateSession', 'session { id }', 'Session', { title: 'Renamed' }),
  mutation('closeSession', 'session { id }', 'Session'),
  mutation('archiveSession', 'session { id }', 'Session'),
  mutation('deleteSession', 'deletedSessionId', 'Session'),
  mutation('sendMessage', 'message { id }', 'Session', { content: 'Hello' }),
  mutation('editMessage', 'message { id }', 'Message', { content: 'Edited' }),
  mutation('recordToolCall', 'toolCall { id }', 'Message', { name: 'tool' }),
  mutation('switchAgent', 'session { id }', 'Session', { toAgent: 'debug' }),
  mutation('requestApproval', 'approval { id }', 'Session', { subject: 'May I?' }),
  mutation('decideApproval', 'approval { id }', 'Approval', { decision: 'APPROVE' }),
  mutation('cancelApproval', 'approval { id }', 'Approval'),
  mutation('trackEvent', 'event { id }', 'Session', { eventType: 'message_sent' }),
  mutation('recordAuditLog', 'auditLog { id }', null, { eventType: 'login_success' }, [
    'api:read',
    'api:write',
    'tenant:admin',
    'audit:read',
  ]),
  mutation('revokeRefreshTokens', 'revokedCount', 'User'),
  mutation('setUserActive', 'user { id }', 'User', { isActive: true }, ['api:read', 'api:write', 'audit:read']),
];
