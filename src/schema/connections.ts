import { Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { typeNamed } from './declarations.ts';

@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;
  @Field(() => Boolean)
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true })
  startCursor?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Also on an empty page of a log (messages): the place where its next row will come.',
  })
  endCursor?: string | null;
}

export interface ConnectionTypes {
  readonly Edge: ClassType;
  readonly Connection: ClassType;
}

/** The Relay connection and edge of a declared type. */
function connectionTypes(typeName: string): ConnectionTypes {
  @ObjectType(`${typeName}Edge`)
  class Edge {
    @Field(() => String)
    cursor!: string;
    @Field(() => typeNamed(typeName))
    node!: unknown;
  }

  @ObjectType(`${typeName}Connection`)
  class Connection {
    @Field(() => [Edge])
    edges!: Edge[];
    @Field(() => [typeNamed(typeName)])
    nodes!: unknown[];
    @Field(() => PageInfo)
    pageInfo!: PageInfo;
    @Field(() => Int, { description: 'Counted only when asked for.' })
    totalCount!: number;
  }

  return { Edge, Connection };
}

export const { Connection: SessionConnection } = connectionTypes('Session');
export const { Connection: MessageConnection, Edge: MessageEdge } = connectionTypes('Message');
export const { Connection: AgentSwitchConnection } = connectionTypes('AgentSwitch');
export const { Connection: ApprovalConnection } = connectionTypes('Approval');
export const { Connection: ChatEventConnection } = connectionTypes('ChatEvent');
export const { Connection: UserConnection } = connectionTypes('User');
export const { Connection: AuditLogConnection, Edge: AuditLogEdge } = connectionTypes('AuditLog');
export const { Connection: OAuthClientConnection } = connectionTypes('OAuthClient');
export const { Connection: RefreshTokenConnection } = connectionTypes('RefreshToken');
