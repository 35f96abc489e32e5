import { Command } from 'commander';
import { StartupError } from '../shared/errors.ts';

export const importCommand = new Command('import').action(() => {
  throw new StartupError('import is not there yet.');
});
