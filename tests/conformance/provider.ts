import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { Provider } from 'oidc-provider';

export const audience = 'https://scrollback.example';
const client = { id: 'anna', secret: 'a-secret-of-the-client' };

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function signingKey(kid: string, alg: 'RS256' | 'ES256' = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } };
}

/** How the published key set misbehaves. */
export interface Faults {
  status: number;
  delayMs: number;
  /** In place of the key set. */
  body: string | null;
  down: boolean;
}

/** A certified OpenID provider on loopback, whose keys rotate and whose key set can be made to fail. */
export class TestProvider {
  readonly faults: Faults = { status: 200, delayMs: 0, body: null, down: false };
  fetches = 0;
  /** Addresses that were asked for besides the key set and tokens. */
  readonly others: string[] = [];
  readonly #server: Server;
  #handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(...keys: SigningKey[]): Promise<TestProvider> {
    const provider = new TestProvider(createServer());
    provider.#server.on('request', (request, response) => provider.#answer(request, response));
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    provider.publish(...keys);
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get jwksUrl(): string {
    return `${this.issuer}/jwks`;
  }

  /** The first key signs; all are published. */
  publish(...keys: SigningKey[]): void {
    const signedWith = keys[0]?.jwk.alg === 'ES256' ? 'ES256' : 'RS256';
    const provider = new Provider(this.issuer, {
      jwks: { keys: keys.map(({ jwk }) => jwk) as never },
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
        },
      ],
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'api:read api:write',
            audience,
            accessTokenTTL: 600,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: signedWith } },
          }),
        },
      },
    });
    this.#handle = provider.callback() as (request: IncomingMessage, response: ServerResponse) => void;
  }

  /** An access token as a client gets it. */
  async token(): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'api:read api:write' }),
    });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
    return answer.access_token;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== '/jwks') {
      if (request.url !== '/token') this.others.push(request.url ?? '');
      return this.#handle(request, response);
    }
    this.fetches += 1;
    const { down, delayMs, status, body } = this.faults;
    if (down) return void request.socket.destroy();
    if (status === 200 && delayMs === 0 && body === null) return this.#handle(request, response);
    setTimeout(() => response.writeHead(status, { location: '/jwks' }).end(body ?? '{}'), delayMs);
  }
}
