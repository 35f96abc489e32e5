/**
 * Grants to a role where it exists: adopted servers may have none of our roles, and their owner serves then.
 */
export const grantIfRoleExists = (role: string, statements: readonly string[]): string => /* sql */ `
DO $grants$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
    ${statements.map((statement) => `${statement};`).join('\n    ')}
  END IF;
END
$grants$;
`;

/** Exactly these rights on tables and sequences: what the role had before, or would get on tables to come, is taken away. */
export const exactRights = (role: string, statements: readonly string[]): string =>
  grantIfRoleExists(role, [
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM ${role}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM ${role}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA public, scrollback FROM ${role}`,
    `REVOKE ALL ON ALL SEQUENCES IN SCHEMA public, scrollback FROM ${role}`,
    `GRANT USAGE ON SCHEMA public, scrollback TO ${role}`,
    ...statements,
  ]);
