import { breaks } from './breaks.ts';

interface Plugin {
  readonly name: string;
  readonly enforce: 'pre';
  transform(code: string, id: string): string | undefined;
}

/** Breaks the gateway at one place while its files are loaded; nothing is changed on the disk. */
export function broken(name: string | undefined): Plugin[] {
  if (name === undefined) return [];
  const { file, from, to } = breaks[name] ?? { file: '', from: '', to: '' };
  if (file === '') throw new Error(`there is no break "${name}"`);
  return [
    {
      name: 'broken on purpose',
      enforce: 'pre',
      transform(code, id) {
        if (!id.endsWith(file)) return undefined;
        if (!code.includes(from)) throw new Error(`${file} no longer has what the break "${name}" takes away`);
        return code.replace(from, () => to);
      },
    },
  ];
}
