const query = `# Scrollback: conversations to read and to follow live.
#
# Your token stands in "Headers" below. It goes with
# every request, and opens the websocket of a
# subscription (second tab).
# Ctrl-Enter runs, Ctrl-Space completes.

query LatestSessions {
  viewer {
    user {
      username
    }
    scopes
  }
  sessions(first: 5) {
    nodes {
      id
      title
      status
      lastActivityAt
      messageCount
      lastMessage {
        sequence
        role
        content
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const subscription = `# Every message that you may read, from now on.
# With "after", the cursor of an earlier message,
# everything since then comes first.

subscription MessageFeed {
  messageFeed {
    cursor
    node {
      sequence
      role
      content
      session {
        id
        title
      }
    }
  }
}
`;

/** What a first visit finds in the editor. */
export const firstTabs = [{ query }, { query: subscription }];
