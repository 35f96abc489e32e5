import { Presets, SingleBar } from 'cli-progress';

/** What an import says on standard error while it runs. */
export interface ImportProgress {
  at(offset: number): void;
  /** A line of text, past the bar. */
  say(text: string): void;
  end(): void;
}

const megabyte = 1_000_000;
const megabytes = (bytes: number): number => Math.round((bytes / megabyte) * 10) / 10;

/** A bar on a terminal, where the size is known; nothing otherwise. */
export function startProgress(size: number | null): ImportProgress {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (size === null || !process.stderr.isTTY) return { at: () => undefined, say, end: () => undefined };
  const bar = new SingleBar(
    { format: '{bar} {percentage}% | {value} of {total} MB | {eta_formatted} left' },
    Presets.shades_classic,
  );
  bar.start(megabytes(size), 0);
  return {
    at: (offset) => bar.update(megabytes(offset)),
    say: (text) => say(`\r\x1b[K${text}`),
    end: () => bar.stop(),
  };
}
