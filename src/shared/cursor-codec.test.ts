import { describe, expect, it } from 'vitest';
import {
  decodeKeysCursor,
  decodeLogCursor,
  encodeKeysCursor,
  encodeLogCursor,
  type CursorSeal,
  type LogCursor,
} from './cursor-codec.ts';
import { CursorKeys, type CursorKey } from './cursor-keys.ts';
import { ScrollbackError } from './errors.ts';

const keyOf = (id: number): CursorKey => ({ id, secret: Buffer.alloc(32, id % 251) });
const [january, march, may] = [keyOf(1_767_225_600), keyOf(1_772_323_200), keyOf(1_777_593_600)];
const sealOf = (keys: readonly CursorKey[], audience = 'anna'): CursorSeal => ({
  keys: new CursorKeys(keys),
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
    ['another database', () => decodeLogCursor(sealOf([{ ...may, id: march.id }]), 'messages s-1', cursor)],
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
