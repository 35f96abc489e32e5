import { describe, expect, it } from 'vitest';
import { grantTypesOf } from './grant-types.ts';

describe('grantTypesOf', () => {
  it.each([
    ['["password","refresh_token"]', ['password', 'refresh_token']],
    ['[]', []],
    ['"password"', ['password']],
    ['password refresh_token', ['password', 'refresh_token']],
    ['password, refresh_token', ['password', 'refresh_token']],
    ['[1,"a"]', ['1', 'a']],
    ['', []],
    [null, []],
  ])('reads %j', (text, names) => {
    expect(grantTypesOf(text)).toEqual(names);
  });
});
