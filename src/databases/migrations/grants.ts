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
