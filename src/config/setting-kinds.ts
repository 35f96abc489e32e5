import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { databaseConfigOf } from './database-url.ts';

// Each kind of value has one rule and one sentence, which completes "NAME …".

export const text = () => z.string();

export const oneOf = <Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, `must be one of ${words.join(', ')}`);

export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .refine((value) => /^\d+$/.test(value) && Number(value) >= from && Number(value) <= to, {
      error: `must be a whole number from ${from} to ${to}`,
    })
    .transform(Number);

export const onOff = () => z.stringbool({ error: 'must be true or false' });

export const secretText = (length: number) => z.string().min(length, `must have at least ${length} characters`);

/** Node fetches nothing with credentials in its address, and repeats them in saying so. */
export const httpUrl = () =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL', abort: true })
    .refine((url) => !URL.parse(url)?.username && !URL.parse(url)?.password, {
      error: 'must have no user and password in it; such an address cannot be fetched',
    });

export const readableFile = () =>
  z.string().refine(isReadable, { error: 'must be the path of a file that can be read' });

export const origins = () =>
  z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .refine((list) => list.every(isOrigin), {
      error: 'must be a comma-separated list such as https://app.example.org',
    });

export const natsUrls = () =>
  z
    .string()
    .transform((list) => list.split(',').map((server) => server.trim()))
    .refine((list) => list.every((server) => /^(nats|tls):$/.test(URL.parse(server)?.protocol ?? '')), {
      error: 'must look like nats://user:password@host:4222, with tls:// for TLS, several separated by commas',
    });

/** Addresses and networks, as 10.0.0.0/8 or 127.0.0.1 or ::1. */
export const addressRanges = () =>
  z
    .string()
    .transform((list) => list.split(',').map((range) => range.trim()))
    .refine((list) => list.every(isAddressRange), {
      error: 'must be a comma-separated list of addresses and networks such as 127.0.0.1,10.0.0.0/8',
    });

export const redisUrl = () => z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' });

/** The URL stays text here, because its configuration also needs the limits; it is only checked. */
export const databaseUrl = () =>
  z.string().check((context) => {
    try {
      databaseConfigOf(context.value, '');
    } catch (error) {
      const message = error instanceof Error ? error.message.trim() : 'cannot be read';
      context.issues.push({ code: 'custom', input: context.value, message });
    }
  });

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && url.origin === value && /^https?:$/.test(url.protocol);
}

function isAddressRange(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const width = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (width < 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width);
}
