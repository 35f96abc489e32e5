import { Command } from 'commander';
import { migrationStatus } from '../databases/migrate.ts';
import { migrateOne, reachable } from './migrate-databases.ts';
import { setUp } from './setup.ts';
import { withRuntime } from './with-runtime.ts';
