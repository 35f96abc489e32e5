import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { clientAddressBehind, isSecureBehind } from './client-address.ts';

const request = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as never;

const proxies = ['10.0.0.0/8', '127.0.0.1', '2001:db8::/32'];

it.each([
  ['no proxy', '192.0.2.1', undefined, '192.0.2.1'],
  ['a client that pretends to be a proxy', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['a proxy', '10.1.2.3', '198.51.100.7', '198.51.100.7'],
  ['IPv4 as IPv6 writes it', '::ffff:10.1.2.3', '198.51.100.7', '198.51.100.7'],
  ['two proxies', '127.0.0.1', '198.51.100.7, 10.9.9.9', '198.51.100.7'],
  ['what a client put before the truth', '10.1.2.3', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['nonsense', '10.1.2.3', 'unknown', '10.1.2.3'],
  ['a proxy with IPv6', '2001:db8::5', '2001:470:1:2:3:4:5:6', '2001:470:1:2::/64'],
  ['another address of the same network', '10.1.2.3', '2001:470:1:2::9', '2001:470:1:2::/64'],
  ['a short address', '10.1.2.3', '::1', '0:0:0:0::/64'],
])('%s', (_what, remote, forwarded, expected) => {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(clientAddressBehind(proxies)(request(remote, headers))).toBe(expected);
});

it('believes nobody unless told', () => {
  const headers = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' };
  expect(clientAddressBehind([])(request('10.1.2.3', headers))).toBe('10.1.2.3');
  expect(isSecureBehind([])(request('10.1.2.3', headers))).toBe(false);
  expect(isSecureBehind(proxies)(request('10.1.2.3', headers))).toBe(true);
});
