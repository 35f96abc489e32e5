/** PostgreSQL knows an infinite past and future; in their place stand the first and the last moment that clients can read. */
export const firstMoment = '0001-01-01T00:00:00.000Z';
export const lastMoment = '9999-12-31T23:59:59.999Z';
