import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  cursorDiverged,
  decodeKeysCursor,
  decodeLogCursor,
  encodeKeysCursor,
  encodeLogCursor,
  encodeLogCursors,
  keyIdOf,
  sameFingerprint,
  type CursorSeal,
  type LogCursor,
} from './cursor-codec.ts';
import { CursorKeys, type CursorKey, type CursorRealm } from './cursor-keys.ts';
import { ScrollbackError } from './errors.ts';

const keyOf = (id: number): CursorKey => ({ id, secret: Buffer.alloc(32, id % 251) });
const [january, march, may] = [keyOf(1_767_225_600), keyOf(1_772_323_200), keyOf(1_777_593_600)];
const sealOf = (keys: readonly CursorKey[], audience = 'anna', realm: CursorRealm = 0): CursorSeal => ({
  keys: new CursorKeys(realm, keys),
  audience,
});
const seal = sealOf([march]);
const place: LogCursor = { epoch: 7, number: 42, position: 4711, fingerprint: Buffer.from('12345678') };
const cursor = encodeLogCursor(seal, 'messages s-1', place);

/** The reason, or null for a cursor that was taken. */
function refusal(open: () => unknown): unknown {
  try {
    open();
    return null;
  } catch (error) {
    if (!(error instanceof ScrollbackError)) throw error;
    return error.details['reason'];
  }
}

describe('a cursor', () => {
  it('is the same whether it is sealed alone or with others', () => {
    const places = Array.from({ length: 50 }, (_, index) => ({ ...place, number: index, position: 2 ** 40 + index }));
    const together = encodeLogCursors(seal, 'messages s-1', places);
    expect(together).toEqual(places.map((each) => encodeLogCursor(seal, 'messages s-1', each)));
    expect(together.map((each) => decodeLogCursor(seal, 'messages s-1', each))).toEqual(places);
    expect(encodeLogCursors(seal, 'messages s-1', [])).toEqual([]);
  });

  it('opens to what it was made of, on any gateway with the same keys', () => {
    expect(decodeLogCursor(sealOf([march]), 'messages s-1', cursor)).toEqual(place);
    const keys = encodeKeysCursor(seal, 'users', ['2026-01-01', 'é', '']);
    expect(decodeKeysCursor(seal, 'users', keys)).toEqual(['2026-01-01', 'é', '']);
  });

  it('is refused with any one bit changed, with any byte less, and with any byte more', () => {
    const bytes = Buffer.from(cursor, 'base64url');
    const changed = [...Array(bytes.length * 8).keys()].map((bit) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return copy;
    });
    const cut = [...bytes.keys()].map((length) => bytes.subarray(0, length));
    const longer = [0, 255].map((byte) => Buffer.concat([bytes, Buffer.of(byte)]));
    const reasons = [...changed, ...cut, ...longer].map((forged) =>
      refusal(() => decodeLogCursor(seal, 'messages s-1', forged.toString('base64url'))),
    );
    expect(reasons).toHaveLength(bytes.length * 9 + 2);
    const typed = ['CURSOR_INVALID', 'CURSOR_EXPIRED', 'CURSOR_DIVERGED'];
    expect(reasons.filter((reason) => !typed.includes(String(reason)))).toEqual([]);
    // Only the key's id can say anything else than that the cursor is not valid.
    expect(reasons.filter((reason) => reason !== 'CURSOR_INVALID').length).toBeLessThanOrEqual(32);
  });

  it.each(['', 'é', '%', ' ', cursor + '=', cursor.slice(0, -1), ` ${cursor}`, 'A'.repeat(100_000)])(
    'is refused as another spelling or as nonsense (%#)',
    (text) => expect(refusal(() => decodeLogCursor(seal, 'messages s-1', text))).toBe('CURSOR_INVALID'),
  );

  it.each([
    ['another log', () => decodeLogCursor(seal, 'messages s-2', cursor)],
    ['another kind of list', () => decodeKeysCursor(seal, 'messages s-1', cursor)],
    ['another user', () => decodeLogCursor(sealOf([march], 'boris'), 'messages s-1', cursor)],
    ['another installation', () => decodeLogCursor(sealOf([{ ...may, id: march.id }]), 'messages s-1', cursor)],
    ['another database', () => decodeLogCursor(sealOf([march], 'anna', 1), 'messages s-1', cursor)],
    ['another database with older keys', () => decodeLogCursor(sealOf([january], 'anna', 1), 'messages s-1', cursor)],
    ['another database with newer keys', () => decodeLogCursor(sealOf([may], 'anna', 1), 'messages s-1', cursor)],
  ])('is refused where it belongs to %s', (_, open) => expect(refusal(open)).toBe('CURSOR_INVALID'));
});

describe('the keys of cursors', () => {
  it('open what an older key has sealed, and seal with the newest', () => {
    const both = sealOf([may, march]);
    expect(decodeLogCursor(both, 'messages s-1', cursor)).toEqual(place);
    const newer = encodeLogCursor(both, 'messages s-1', place);
    expect(decodeLogCursor(sealOf([may]), 'messages s-1', newer)).toEqual(place);
  });

  it('say of a retired key that the cursor has expired, and of one that a restore has lost that history is another', () => {
    expect(refusal(() => decodeLogCursor(sealOf([may]), 'messages s-1', cursor))).toBe('CURSOR_EXPIRED');
    expect(refusal(() => decodeLogCursor(sealOf([january]), 'messages s-1', cursor))).toBe('CURSOR_DIVERGED');
  });

  it('know nothing of a key from the future', () => {
    const future = sealOf([keyOf(Math.floor(Date.now() / 1000) + 86_400)]);
    const forged = encodeLogCursor(future, 'messages s-1', place);
    expect(refusal(() => decodeLogCursor(seal, 'messages s-1', forged))).toBe('CURSOR_INVALID');
  });
});

describe('the bytes of a cursor are part of the API, because clients keep cursors for longer than a release', () => {
  const tag = createHash('sha256').update('messages s-1').digest().subarray(0, 4);
  const keyId = march.id.toString(16).padStart(8, '0');

  const sha256 = (...parts: (Buffer | string)[]): Buffer =>
    Buffer.from(parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest());

  /** With a good signature over a body of our choice: CBC-MAC, which is the last block of AES in CBC mode. */
  function sealed(body: Buffer): string {
    const kind = body[1] ?? 0;
    const rest = body.subarray(2);
    const message = (kind & 15) === 1 && rest.length === 32 ? rest : sha256(rest);
    const cipher = createCipheriv('aes-256-cbc', sha256('scrollback cursor\0', march.secret), Buffer.alloc(16));
    cipher.setAutoPadding(false);
    const context = sha256(`2 ${kind} anna`).subarray(0, 16);
    const blocks = cipher.update(Buffer.concat([context, message]));
    return Buffer.concat([body, blocks.subarray(32, 44)]).toString('base64url');
  }

  it('of a log: version, kind in its database, key, epoch, number, position, fingerprint, tag of the log', () => {
    const placed = ['00000007', '00000000002a', '000000001267', '3132333435363738'].join('');
    const body = `0201${keyId}${placed}${tag.toString('hex')}`;
    expect(sealed(Buffer.from(body, 'hex'))).toBe(cursor);
    expect(keyIdOf(cursor)).toBe(march.id);
    const other = encodeLogCursor(sealOf([march], 'anna', 1), 'messages s-1', place);
    expect(other).toBe(sealed(Buffer.from(body.replace(/^0201/, '0211'), 'hex')));
  });

  it('of keys: version, kind, key, then the tag and the values as JSON', () => {
    const body = Buffer.concat([
      Buffer.from(`0202${keyId}`, 'hex'),
      Buffer.from(JSON.stringify([tag.toString('base64url'), 'a', 'b'])),
    ]);
    expect(encodeKeysCursor(seal, 'messages s-1', ['a', 'b'])).toBe(sealed(body));
  });

  it('and a good signature under another form is none', () => {
    const body = Buffer.from(cursor, 'base64url').subarray(0, -12);
    const older = Buffer.from(body);
    older[0] = 1;
    const wrong = [
      older,
      body.subarray(0, -1),
      Buffer.concat([body, Buffer.of(0)]),
      body.subarray(0, 6),
      body.subarray(0, 5),
    ];
    for (const each of wrong) {
      expect(refusal(() => decodeLogCursor(seal, undefined, sealed(each)))).toBe('CURSOR_INVALID');
    }
    expect(keyIdOf(sealed(older))).toBeNull();
    expect(keyIdOf(sealed(body.subarray(0, 6)))).toBe(march.id);
  });

  it('where no log is named, the cursor of any will do, and of a list will not', () => {
    expect(decodeLogCursor(seal, undefined, cursor)).toEqual(place);
    const keys = encodeKeysCursor(seal, 'messages s-1', ['a']);
    expect(refusal(() => decodeLogCursor(seal, undefined, keys))).toBe('CURSOR_INVALID');
    expect(refusal(() => decodeKeysCursor(seal, 'messages s-2', keys))).toBe('CURSOR_INVALID');
  });
});

describe('what a refused cursor is told', () => {
  const told = (open: () => unknown): unknown => {
    try {
      return open();
    } catch (error) {
      const { code, message } = error as ScrollbackError;
      return `${code}: ${message}`;
    }
  };

  it.each([
    [
      'one that was changed',
      'BAD_USER_INPUT: This cursor is not one of yours.',
      () => decodeLogCursor(seal, 'messages s-1', 'x'),
    ],
    [
      'one of another list',
      'BAD_USER_INPUT: This cursor belongs to another list.',
      () => decodeLogCursor(seal, 'messages s-2', cursor),
    ],
    [
      'one whose key is retired',
      'GONE: This cursor is too old',
      () => decodeLogCursor(sealOf([may]), 'messages s-1', cursor),
    ],
    [
      'one from a lost history',
      'GONE: The history that this cursor was made from',
      () => decodeLogCursor(sealOf([january]), 'messages s-1', cursor),
    ],
  ])('%s', (_, sentence, open) => expect(told(open)).toContain(sentence));

  it('with details, where there are any', () => {
    expect(cursorDiverged({ resumeFrom: 'c' }).details).toEqual({ reason: 'CURSOR_DIVERGED', resumeFrom: 'c' });
  });
});

it('a fingerprint is the first eight bytes of the chain value', () => {
  const chain = Buffer.from('12345678 and more');
  expect(sameFingerprint(chain, place.fingerprint)).toBe(true);
  expect(sameFingerprint(Buffer.from('12345679 and more'), place.fingerprint)).toBe(false);
});

describe('the standing of a key', () => {
  const now = Math.floor(Date.now() / 1000);
  const keys = new CursorKeys(0, [march, may, january]);

  it('is told by its age', () => {
    expect(keys.current).toBe(may);
    expect(keys.find(march.id)).toBe(march);
    expect(keys.find(january.id - 1)).toBe('retired');
    expect(keys.find(march.id + 1)).toBe('unknown');
    expect(keys.find(may.id + 1)).toBe('lost');
    expect(keys.find(now - 1)).toBe('lost');
    expect(keys.find(now + 3600)).toBe('unknown');
  });

  it('needs keys', () => expect(() => new CursorKeys(0, [])).toThrow('There is no key for cursors.'));
});
