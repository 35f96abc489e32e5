import { type Sql, sql } from '../../shared/sql.ts';
import { describe, expect, it } from 'vitest';
import { viewerOf, type Viewer } from './viewer.ts';
import {
  auditEntryVisible,
  chatEventVisible,
  refreshTokenVisible,
  sessionIdVisible,
  sessionVisible,
  userVisible,
} from './visibility.ts';

const viewer = (userId: string | null, ...scopes: string[]): Viewer => viewerOf({ userId, tenantId: 'acme', scopes });

const viewers = {
  administrator: viewer('ada', 'api:admin'),
  tenantAdministrator: viewer('tess', 'tenant:admin'),
  auditor: viewer('audrey', 'audit:read'),
  reader: viewer('anna', 'api:read'),
  writer: viewer('anna', 'api:write'),
  nobody: viewer('anna'),
  service: viewer(null, 'api:read'),
};

/** A predicate with its values in place. */
const shown = ({ strings, values }: Sql): string =>
  strings.reduce((text, part, index) => `${text}'${String(values[index - 1])}'${part}`).replace(/\s+/g, ' ');

const undeleted = (alias: string) => `${alias}.deleted_at IS NULL AND ${alias}.tenant_id = 'acme'`;
const session = (alias: string) => ({
  administrator: 'TRUE',
  tenantAdministrator: `${undeleted(alias)} AND ${alias}.user_id IS NOT NULL`,
  auditor: 'FALSE',
  reader: `${undeleted(alias)} AND ${alias}.user_id = 'anna'`,
  writer: `${undeleted(alias)} AND ${alias}.user_id = 'anna'`,
  nobody: 'FALSE',
  service: 'FALSE',
});
const inSession = (key: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(session('v')).map(([name, predicate]) => [
      name,
      predicate === 'TRUE'
        ? predicate
        : `EXISTS (SELECT FROM public.sessions AS v WHERE v.id = ${key} AND ${predicate})`,
    ]),
  );
const ofSession = inSession('c.session_id');
const outside = "c.session_id IS NULL AND c.tenant_id = 'acme'";
const ofTenant = "EXISTS (SELECT FROM public.users AS u WHERE u.id = t.user_id AND u.tenant_id = 'acme')";

/** Who sees which rows, as SQL: the whole of it, to be read in a minute. */
const table: Record<string, { predicate: (viewer: Viewer) => Sql; expected: Record<string, string> }> = {
  sessions: { predicate: (one) => sessionVisible(one), expected: session('s') },
  'sessions by another name': { predicate: (one) => sessionVisible(one, 'x'), expected: session('x') },
  'what belongs to a session': { predicate: (one) => sessionIdVisible(one, sql`m.key`), expected: inSession('m.key') },
  users: {
    predicate: userVisible,
    expected: {
      administrator: 'TRUE',
      tenantAdministrator: "u.tenant_id = 'acme'",
      auditor: "u.tenant_id = 'acme'",
      reader: "u.id = 'anna' AND u.tenant_id = 'acme'",
      writer: "u.id = 'anna' AND u.tenant_id = 'acme'",
      nobody: "u.id = 'anna' AND u.tenant_id = 'acme'",
      service: 'FALSE',
    },
  },
  'audit trails': {
    predicate: auditEntryVisible,
    expected: {
      administrator: 'TRUE',
      tenantAdministrator: "e.user_id = 'tess' AND e.tenant_id = 'acme'",
      auditor: "e.tenant_id = 'acme'",
      reader: "e.user_id = 'anna' AND e.tenant_id = 'acme'",
      writer: "e.user_id = 'anna' AND e.tenant_id = 'acme'",
      nobody: 'FALSE',
      service: 'FALSE',
    },
  },
  'refresh tokens': {
    predicate: refreshTokenVisible,
    expected: {
      administrator: 'TRUE',
      tenantAdministrator: ofTenant,
      auditor: 'FALSE',
      reader: `t.user_id = 'anna' AND ${ofTenant}`,
      writer: `t.user_id = 'anna' AND ${ofTenant}`,
      nobody: 'FALSE',
      service: 'FALSE',
    },
  },
  'chat events': {
    predicate: chatEventVisible,
    expected: {
      administrator: 'TRUE',
      tenantAdministrator: `(${ofSession['tenantAdministrator']} OR (${outside}))`,
      auditor: ofSession['auditor'] ?? '',
      reader: `(${ofSession['reader']} OR (${outside} AND c.user_id = 'anna'))`,
      writer: `(${ofSession['writer']} OR (${outside} AND c.user_id = 'anna'))`,
      nobody: ofSession['nobody'] ?? '',
      service: ofSession['service'] ?? '',
    },
  },
};

describe.each(Object.entries(table))('%s', (_, { predicate, expected }) => {
  it.each(Object.entries(viewers))('as the %s sees them', (name, one) => {
    expect(shown(predicate(one))).toBe(expected[name]);
  });
});
