/**
 * What is read and written relies on these, whatever a server, a database or a role has by default: the texts of times and
 * bytes, and that a transaction sees what others have committed. Behind a pooler in transaction mode they may be lost;
 * `doctor` looks at the defaults.
 */
export const sessionSettings = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  default_transaction_isolation: 'read committed',
} as const;

/** Gives a connection the settings. */
export const settleSession = Object.entries(sessionSettings)
  .map(([name, value]) => `SET ${name} = '${value}'`)
  .join('; ');
