import { Command } from 'commander';
import { StartupError } from '../shared/errors.ts';

export const doctorCommand = new Command('doctor').action(() => {
  throw new StartupError('doctor is not there yet.');
});
