import { basename, resolve } from 'node:path';

export interface Checkout {
  readonly name: string;
  readonly folder: string;
}

const ownFolder = resolve(import.meta.dirname, '../..');

/** The checkouts whose gateways take part; this one where none is named. */
export function checkoutsOf(folders: readonly string[]): Checkout[] {
  const all = folders.length === 0 ? [ownFolder] : folders.map((folder) => resolve(folder));
  return all.map((folder) => ({ folder, name: all.length === 1 ? 'scrollback' : `scrollback (${basename(folder)})` }));
}
