import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Origin } from '../services/identity/viewer.ts';

/** Whose address a request comes from, past proxies that are trusted, as far as it is counted. */
export type ClientAddress = (request: IncomingMessage) => string;

/** The same to the last bit, and the program that sent it: for the audit trail. */
export type OriginOf = (request: IncomingMessage) => Origin;

type IsTrusted = (address: string) => boolean;

function trustedBy(trustedProxies: readonly string[]): IsTrusted {
  const trusted = new BlockList();
  for (const range of trustedProxies) {
    const [address = '', bits] = range.split('/');
    const family = familyOf(address);
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  return (address) => trusted.check(address, familyOf(address));
}

/** Whether the client spoke TLS, with us or with a proxy that says so. */
export function isSecureBehind(trustedProxies: readonly string[]): (request: IncomingMessage) => boolean {
  const isTrusted = trustedBy(trustedProxies);
  return ({ socket, headers }) =>
    'encrypted' in socket || (isTrusted(peerOf(socket)) && headers['x-forwarded-proto'] === 'https');
}

export function clientAddressBehind(trustedProxies: readonly string[]): ClientAddress {
  const addressOf = addressBehind(trustedProxies);
  return (request) => networkOf(addressOf(request));
}

const maxUserAgent = 500;

export function originBehind(trustedProxies: readonly string[]): OriginOf {
  const addressOf = addressBehind(trustedProxies);
  return (request) => ({
    ipAddress: addressOf(request) || null,
    userAgent: request.headers['user-agent']?.slice(0, maxUserAgent) ?? null,
  });
}

function addressBehind(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = trustedBy(trustedProxies);
  return (request) => {
    let address = peerOf(request.socket);
    // From the nearest hop outwards: what stands left of the first one that is not trusted may be made up.
    for (const hop of forwardedFor(request).toReversed()) {
      if (!isTrusted(address) || isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
}

function forwardedFor({ headers }: IncomingMessage): string[] {
  const given = headers['x-forwarded-for'];
  const list = Array.isArray(given) ? given.join(',') : (given ?? '');
  return list === '' ? [] : list.split(',').map((hop) => plain(hop.trim()));
}

const peerOf = ({ remoteAddress = '' }: IncomingMessage['socket']): string => plain(remoteAddress);

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** IPv4 as IPv6 sockets write it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** A subscriber of IPv6 has a network of 64 bits, and could use another address for each request. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ?? '').split(':')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
