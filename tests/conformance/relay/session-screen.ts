/** A screen as a Relay application writes it. Nothing here runs: the compiler reads the documents. */
declare function graphql(strings: TemplateStringsArray): unknown;

export const screen = graphql`
  query sessionScreenQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...sessionScreen_session @alias
    }
    viewer {
      user {
        ...sessionScreen_sidebar
      }
    }
  }
`;

export const sidebar = graphql`
  fragment sessionScreen_sidebar on User
  @refetchable(queryName: "sessionScreenSidebarQuery")
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    orderBy: { type: "SessionOrder" }
  ) {
    sessions(first: $first, after: $after, orderBy: $orderBy)
      @connection(key: "sessionScreen_sessions", filters: ["orderBy"]) {
      edges {
        node {
          id
          title
          lastActivityAt
        }
      }
    }
  }
`;

export const session = graphql`
  fragment sessionScreen_session on Session
  @refetchable(queryName: "sessionScreenMessagesQuery")
  @argumentDefinitions(last: { type: "Int", defaultValue: 50 }, before: { type: "String" }) {
    id
    title
    status
    messages(last: $last, before: $before) @connection(key: "sessionScreen_messages") {
      edges {
        ...sessionScreen_messageEdge
      }
    }
    ...sessionScreen_approvals
  }
`;

export const approvals = graphql`
  fragment sessionScreen_approvals on Session
  @refetchable(queryName: "sessionScreenApprovalsQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    approvals(first: $first, after: $after) @connection(key: "sessionScreen_approvals") {
      edges {
        node {
          id
          status
          decidedBy {
            displayName
          }
        }
      }
    }
  }
`;

export const messageEdge = graphql`
  fragment sessionScreen_messageEdge on MessageEdge {
    cursor
    node {
      ...sessionScreen_message
    }
  }
`;

export const message = graphql`
  fragment sessionScreen_message on Message @refetchable(queryName: "sessionScreenMessageQuery") {
    id
    sequence
    role
    content
    toolCalls {
      name
      arguments
      result
    }
  }
`;

export const search = graphql`
  query sessionScreenSearchQuery($query: String!, $first: Int!, $after: String) {
    searchMessages(query: $query, first: $first, after: $after) @connection(key: "sessionScreen_searchMessages") {
      edges {
        rank
        snippet
        node {
          ...sessionScreen_message
        }
      }
    }
  }
`;

export const send = graphql`
  mutation sessionScreenSendMutation($input: SendMessageInput!, $connections: [ID!]!) {
    sendMessage(input: $input) {
      message @appendNode(connections: $connections, edgeTypeName: "MessageEdge") {
        id
        ...sessionScreen_message
      }
      session {
        id
        lastActivityAt
      }
    }
  }
`;

export const edit = graphql`
  mutation sessionScreenEditMutation($input: EditMessageInput!) @raw_response_type {
    editMessage(input: $input) {
      message {
        ...sessionScreen_message
      }
    }
  }
`;

export const remove = graphql`
  mutation sessionScreenDeleteMutation($input: DeleteSessionInput!, $connections: [ID!]!) {
    deleteSession(input: $input) {
      deletedSessionId @deleteEdge(connections: $connections)
    }
  }
`;

export const live = graphql`
  subscription sessionScreenSubscription($sessionId: ID!, $after: String, $connections: [ID!]!) {
    messageAdded(sessionId: $sessionId, after: $after) @appendEdge(connections: $connections) {
      cursor
      node {
        id
        ...sessionScreen_message
      }
    }
  }
`;
