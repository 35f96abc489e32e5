import { generateKeyPair } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';

export interface Tokens {
  /** What AUTH_PUBLIC_KEY_FILE names. */
  readonly publicKeyFile: string;
  of(userId: string, scope?: string): Promise<string>;
}

/** Tokens as the auth service of the field signs them: RS256, checked by the gateway with its public key. */
export async function openTokens(folder: string): Promise<Tokens> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const publicKeyFile = join(folder, 'public-key.pem');
  await writeFile(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return {
    publicKeyFile,
    of: (userId, scope = 'api:read api:write') =>
      new SignJWT({ type: 'access', client_id: 'bench', scope, tenant_id: 'default' })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
        .setIssuer('https://auth.codelab.local')
        .setAudience('codelab-api')
        .setSubject(userId)
        .setIssuedAt()
        .setExpirationTime('6h')
        .sign(privateKey),
  };
}
