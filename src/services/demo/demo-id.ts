import { v5 as nameId } from 'uuid';

const namespace = '0c7a5a3e-5d0f-4c3a-9a55-5cf0a1d0b7c4';

/** The same name gives the same id on every machine, so that a second seeding finds what the first one made. */
export const demoId = (name: string): string => nameId(name, namespace);
