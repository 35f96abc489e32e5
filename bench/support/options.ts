/** For options that may be given several times. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `NAME=value` settings for the gateway, as an environment. */
export const environmentOf = (settings: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    settings.map((setting) => [setting.split('=', 1)[0] ?? '', setting.slice(setting.indexOf('=') + 1)]),
  );

export const say = (line: string): void => console.error(line);
