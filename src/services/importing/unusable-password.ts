import { randomBytes } from 'node:crypto';

const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const bcrypts = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A well-formed bcrypt hash that nobody knows a password for: the auth-service refuses every password for it, where a text
 * that is no hash would be an error in its log.
 */
export const unusablePasswordHash = (): string => `$2b$12$${bcryptBase64(16)}${bcryptBase64(23)}`;

const bcryptBase64 = (length: number): string =>
  randomBytes(length)
    .toString('base64')
    .replaceAll('=', '')
    .replace(/./g, (character) => bcrypts.charAt(standard.indexOf(character)));
