/** The catalog that fixtures are compiled against: a small shop with the tables that plans most often stumble over. */
import type { Relation } from '../../src/catalog/catalog-snapshot.js';
import { catalogOf, column, table, uniqueIndex } from './catalog/catalog-fixture.js';

const owned = { privileges: ['OWNER'] } as const satisfies Partial<Relation>;
const nullable = { notNull: false } as const;

function primaryKey(name: string, key: string): Pick<Relation, 'indexes' | 'constraints'> {
  const definition = `PRIMARY KEY (${key})`;
  return {
    indexes: [uniqueIndex(name, [key], { primary: true })],
    constraints: [{ name, kind: 'primary key', columns: [key], validated: true, deferrable: false, definition }],
  };
}

export const SHOP = catalogOf(
  table('users', {
    ...owned,
    ...primaryKey('users_pkey', 'id'),
    columns: [
      column('id', 'bigint'),
      column('email', 'text', nullable),
      column('real_name', 'text', nullable),
      column('nick', 'text', nullable),
      column('initials', 'text', { ...nullable, generated: 'stored' }),
    ],
    indexes: [uniqueIndex('users_pkey', ['id'], { primary: true }), uniqueIndex('users_email', ['email'])],
  }),
  // A trigger of the application, a column without a default, a column that the server computes.
  table('user_profiles', {
    ...owned,
    ...primaryKey('user_profiles_pkey', 'user_id'),
    columns: [
      column('user_id', 'bigint'),
      column('real_name', 'text'),
      column('nick', 'text', nullable),
      column('made_at', 'timestamp with time zone', nullable),
      column('initials', 'text', { ...nullable, generated: 'stored' }),
    ],
    triggers: [{ name: 'welcome_mail', definition: '', enabled: 'origin', events: ['insert'] }],
  }),
  table('user_credentials', {
    ...owned,
    ...primaryKey('user_credentials_pkey', 'user_id'),
    columns: [column('user_id', 'bigint')],
  }),
  table('sessions', { ...owned, schema: 'auth', columns: [column('token', 'text')] }),
  table('plans', { ...owned, ...primaryKey('plans_pkey', 'id'), columns: [column('id', 'bigint')] }),
  // Without a key.
  table('events', { ...owned, columns: [column('kind', 'text'), column('user_id', 'bigint')] }),
  table('cache', {
    ...owned,
    ...primaryKey('cache_pkey', 'id'),
    persistence: 'unlogged',
    columns: [column('id', 'bigint'), column('value', 'text', nullable)],
  }),
  table('audited', {
    ...owned,
    ...primaryKey('audited_pkey', 'id'),
    rowSecurity: 'forced',
    columns: [column('id', 'bigint'), column('note', 'text', nullable)],
  }),
  table('secrets', {
    ...primaryKey('secrets_pkey', 'id'),
    owner: 'root',
    privileges: ['SELECT'],
    columns: [column('id', 'bigint'), column('value', 'text', nullable)],
  }),
  table('active_users', { ...owned, kind: 'view', columns: [column('id', 'bigint')] }),
);
