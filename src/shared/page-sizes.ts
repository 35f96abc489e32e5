/** What a connection gives unless told, and the most that it can be told. */
export const defaultPageSize = 50;
export const maxPageSize = 200;
