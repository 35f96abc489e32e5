import { sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';
import { UserEntity } from '../../entities/auth/user.ts';
import { insertIfNew } from '../writing/statements.ts';
import { BadLine } from './bad-line.ts';
import { importId } from './conversation.ts';
import { unusablePasswordHash } from './unusable-password.ts';

export interface Owner {
  readonly id: string;
  readonly tenantId: string;
}

const maxRemembered = 10_000;
const maxEmailLength = 255;

/** The owners of imported conversations: whoever has the name already, or a new user who cannot log in. */
export class ImportUsers {
  readonly #auth: Database;
  readonly #remembered = new Map<string, Owner>();
  #created = 0;

  constructor(auth: Database) {
    this.#auth = auth;
  }

  get created(): number {
    return this.#created;
  }

  async owner(username: string): Promise<Owner> {
    const remembered = this.#remembered.get(username);
    if (remembered !== undefined) return remembered;
    const owner = (await this.#find(username)) ?? (await this.#create(username));
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(username, owner);
    return owner;
  }

  async #find(username: string): Promise<Owner | undefined> {
    const rows = await this.#auth.query<Owner>(
      sql`SELECT id, tenant_id AS "tenantId" FROM public.users WHERE username = ${username}`,
    );
    return rows[0];
  }

  async #create(username: string): Promise<Owner> {
    const isNew = await this.#auth.transaction((em) => insertIfNew(em, UserEntity, newUser(username)));
    if (isNew) this.#created += 1;
    const owner = await this.#find(username);
    if (owner === undefined)
      throw new BadLine(`user ${username} cannot be created: somebody else has that e-mail address or id`);
    return owner;
  }
}

function newUser(username: string) {
  const id = importId(`user/${username}`);
  const now = new Date();
  const email = `${username}@imported.invalid`;
  return {
    id,
    username,
    email: email.length <= maxEmailLength ? email : `${id}@imported.invalid`,
    passwordHash: unusablePasswordHash(),
    isActive: true,
    isVerified: false,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: null,
    tenantId: 'default',
    displayName: null,
    groups: [],
    isAdmin: false,
  };
}
