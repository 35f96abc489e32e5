/** The part of the product's schema that the workloads need. */
export const typeDefinitions = /* GraphQL */ `
  scalar DateTime
  scalar JSON
  enum MessageRole {
    ASSISTANT
    SYSTEM
    TOOL
    USER
  }
  type PageInfo {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
  type ToolCall {
    toolCallId: String
    name: String!
    arguments: JSON
    executionTimeMs: Int
  }
  type Message {
    id: ID!
    sequence: Int!
    role: MessageRole!
    content: String
    createdAt: DateTime!
    toolCalls: [ToolCall!]!
  }
  type MessageEdge {
    cursor: String!
    node: Message!
  }
  type MessageConnection {
    edges: [MessageEdge!]!
    pageInfo: PageInfo!
  }
  type Session {
    id: ID!
    title: String
    lastActivityAt: DateTime!
    messages(last: Int!): MessageConnection!
  }
  type SessionEdge {
    cursor: String!
    node: Session!
  }
  type SessionConnection {
    edges: [SessionEdge!]!
    pageInfo: PageInfo!
  }
  type User {
    id: ID!
    sessions(first: Int!): SessionConnection!
  }
  type AuditLog {
    id: ID!
    eventType: String!
    eventData: JSON
    ipAddress: String
    userAgent: String
    success: Boolean!
    createdAt: DateTime!
  }
  type AuditLogEdge {
    cursor: String!
    node: AuditLog!
  }
  type AuditLogConnection {
    edges: [AuditLogEdge!]!
    pageInfo: PageInfo!
  }
  input AuditLogFilter {
    userId: ID
  }
  type Query {
    session(id: ID!): Session
    user(id: ID!): User
    message(id: ID!): Message
    auditLogs(first: Int!, filter: AuditLogFilter!): AuditLogConnection!
  }
`;
