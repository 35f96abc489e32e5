/** Three lines of a conversation and the arrow that goes back up. */
export const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="28" height="28" fill="none" stroke="#d61f8c" ' +
  'stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><path d="M4 8h13M4 16h13M4 24h13M25 25V8M20 13l5-5 5 5"/></svg>';
