import type { WebSocket } from 'ws';
import type { Origin } from '../../services/identity/viewer.ts';
import type { Caller } from '../admission/caller.ts';
import type { SocketFlow } from '../socket-flow.ts';
import type { Throttle } from './throttle.ts';

/** What is known of a socket, for as long as it is open. */
export interface SocketExtra {
  readonly socket: WebSocket;
  readonly connectionId: string;
  /** Of the request that opened the socket. */
  readonly origin: Origin;
  /** What streams send goes through here. */
  readonly flow: SocketFlow;
  /** What comes on the socket goes through here. */
  readonly throttle: Throttle;
  /** How long the message is that has just been handed to graphql-ws. */
  messageBytes: number;
  /** Without a viewer until connection_init, and after one without credentials. */
  caller: Caller;
  /** Operations that run. */
  operations: number;
  /** Ids of queries and mutations that are not answered yet, which a drain waits for. */
  readonly unanswered: Set<string>;
  /** Called when the last of them is. */
  whenIdle: (() => void) | null;
}
