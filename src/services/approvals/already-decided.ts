import { sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';
import { ScrollbackError } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { userVisible } from '../identity/visibility.ts';

/** The decision that stands. */
export interface Decision {
  readonly status: string;
  readonly decidedAt: string | null;
  readonly decidedById: string | null;
  readonly decisionReason: string | null;
}

/** Thrown inside the transaction, before it is known whether the viewer may know who decided: users are in the other database. */
export class AlreadyDecided extends Error {
  readonly #standing: Decision;

  constructor(standing: Decision) {
    super('The approval was decided before.');
    this.#standing = standing;
  }

  async asSeenBy(viewer: Viewer, auth: Database): Promise<ScrollbackError> {
    const { decidedById, ...rest } = this.#standing;
    const isKnown = decidedById !== null && (await maySee(viewer, auth, decidedById));
    return new ScrollbackError(
      'CONFLICT',
      'Somebody has decided already; the decision that stands is in the details.',
      { reason: 'APPROVAL_DECIDED', ...rest, decidedById: isKnown ? decidedById : null },
      this,
    );
  }
}

/** While the identity database is away nobody but oneself is known. */
async function maySee(viewer: Viewer, auth: Database, userId: string): Promise<boolean> {
  if (userId === viewer.userId || viewer.isAdmin) return true;
  const user = sql`SELECT u.id FROM public.users AS u WHERE u.id = ${userId} AND ${userVisible(viewer)}`;
  return auth.query(user).then(
    (rows) => rows.length > 0,
    () => false,
  );
}
