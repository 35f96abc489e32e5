import { StartupError } from '../shared/errors.ts';
import { advise } from './advise.ts';
import type { Roads } from './runtime.ts';

const insufficientPrivilege = '42501';

const lacksRights = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && error.code === insufficientPrivilege) || lacksRights(error.cause));

const ownersSettings = {
  agentRuntime: 'AGENT_RUNTIME__MIGRATION_DB_URL',
  auth: 'AUTH_SERVICE__MIGRATION_DB_URL',
};

/** As `advise`, for what only the owner of the tables may do: "may not migrate", "may not reconcile". */
export const adviseOwner =
  ({ owner, definition }: Roads, does: string, instead = '') =>
  (error: unknown): never => {
    if (!lacksRights(error)) return advise(owner)(error);
    throw new StartupError(
      `${owner.masked} may not ${does}: the role ${owner.user} does not own the tables. Set ${ownersSettings[definition.name]} to the same database as its owner${instead}.`,
      error,
    );
  };
