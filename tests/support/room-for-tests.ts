/** Tests ask a lot from one address, as few users, and on a machine that has other things to do. */
export const roomForTests: Readonly<Record<string, string>> = {
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_TENANT: '0',
  MAX_SOCKETS_PER_USER: '0',
  MAX_OPERATIONS_PER_USER: '0',
  OVERLOAD_LAG_MS: '0',
};
