/** What happens in a demo session, in order. */
export type Turn = UserTurn | AssistantTurn | CallTurn | SwitchTurn | EventTurn;

export interface UserTurn {
  readonly user: string;
}

export interface AssistantTurn {
  readonly assistant: string;
}

/** The assistant asks for a tool; where nothing holds the call up, the tool answers. */
export interface CallTurn {
  readonly call: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly server: string;
  readonly milliseconds: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly approval?: ApprovalScript;
}

export interface SwitchTurn {
  readonly agent: string;
  readonly reason: string;
}

export interface EventTurn {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A human is asked first. Without a decision the request still waits, or has run out of time. */
export interface ApprovalScript {
  readonly type: 'tool' | 'plan';
  readonly subject: string;
  readonly reason: string;
  readonly expiresAfterHours?: number;
  readonly decision?: {
    readonly by: string;
    readonly status: 'approved' | 'rejected';
    readonly reason?: string;
    readonly modifiedArguments?: Readonly<Record<string, unknown>>;
  };
}

export interface SessionScript {
  /** What its id is made from. */
  readonly key: string;
  readonly title: string;
  readonly owner: string;
  readonly startedHoursAgo: number;
  readonly ending: 'open' | 'closed' | 'archived';
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly turns: readonly Turn[];
}
