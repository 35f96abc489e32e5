import { ApprovalQueries } from './queries/approval.ts';
import { AuditLogQueries } from './queries/audit-log.ts';
import { MessageFeedCursorQuery } from './queries/message-feed-cursor.ts';
import { MessageQuery } from './queries/message.ts';
import { NodeQueries } from './queries/node.ts';
import { OAuthClientQueries } from './queries/oauth-client.ts';
import { SearchMessagesQuery } from './queries/search-messages.ts';
import { SessionQueries } from './queries/session.ts';
import { UserQueries } from './queries/user.ts';
import { ViewerQuery } from './queries/viewer.ts';
import { ArchiveSession } from './mutations/archive-session.ts';
import { CancelApproval } from './mutations/cancel-approval.ts';
import { CloseSession } from './mutations/close-session.ts';
import { CreateSession } from './mutations/create-session.ts';
import { DecideApproval } from './mutations/decide-approval.ts';
import { DeleteSession } from './mutations/delete-session.ts';
import { EditMessage } from './mutations/edit-message.ts';
import { RecordAuditLog } from './mutations/record-audit-log.ts';
import { RecordToolCall } from './mutations/record-tool-call.ts';
import { RequestApproval } from './mutations/request-approval.ts';
import { RevokeRefreshTokens } from './mutations/revoke-refresh-tokens.ts';
import { SendMessage } from './mutations/send-message.ts';
import { SetUserActive } from './mutations/set-user-active.ts';
import { SwitchAgent } from './mutations/switch-agent.ts';
import { TrackEvent } from './mutations/track-event.ts';
import { UpdateSession } from './mutations/update-session.ts';
import { ApprovalChangedSubscription } from './subscriptions/approval-changed.ts';
import { AuditLogAddedSubscription } from './subscriptions/audit-log-added.ts';
import { MessageAddedSubscription } from './subscriptions/message-added.ts';
import { MessageChangedSubscription } from './subscriptions/message-changed.ts';
import { MessageFeedSubscription } from './subscriptions/message-feed.ts';
import { SessionChangedSubscription } from './subscriptions/session-changed.ts';

/** One class per operation, or per type that is asked for singly and in lists. */
export const allResolvers = [
  ApprovalQueries,
  AuditLogQueries,
  MessageFeedCursorQuery,
  MessageQuery,
  NodeQueries,
  OAuthClientQueries,
  SearchMessagesQuery,
  SessionQueries,
  UserQueries,
  ViewerQuery,
  ArchiveSession,
  CancelApproval,
  CloseSession,
  CreateSession,
  DecideApproval,
  DeleteSession,
  EditMessage,
  RecordAuditLog,
  RecordToolCall,
  RequestApproval,
  RevokeRefreshTokens,
  SendMessage,
  SetUserActive,
  SwitchAgent,
  TrackEvent,
  UpdateSession,
  ApprovalChangedSubscription,
  AuditLogAddedSubscription,
  MessageAddedSubscription,
  MessageChangedSubscription,
  MessageFeedSubscription,
  SessionChangedSubscription,
] as const;
