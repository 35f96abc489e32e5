/** Whether there is such a day, as in 2026-01-31: JavaScript makes 3 March of 31 February. */
export const dayExists = (day: string): boolean =>
  !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
