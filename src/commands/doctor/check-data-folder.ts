import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ok, problem, type Finding } from './finding.ts';

const about = 'data folder';

/** Looks only: a folder that is not there yet is left to the first start. */
export async function checkDataFolder(folder: string): Promise<Finding> {
  const nearest = await nearestExisting(folder);
  try {
    if (!(await stat(nearest)).isDirectory())
      return problem(about, `${nearest} is a file; set SCROLLBACK_DATA to a folder.`);
    await access(nearest, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(about, nearest === folder ? `${folder} can be written` : `${folder} will be made by the first start`);
  } catch {
    return problem(about, `${nearest} cannot be written; make it writable, or set SCROLLBACK_DATA to another folder.`);
  }
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path));
}
