import { describe, expect, it } from 'vitest';

import {
  redactPasswords,
  redactUrl,
  resolveConnection,
  type ConnectionPlaces,
} from '../../../src/postgres/connection.js';

describe('resolveConnection', () => {
  const all = {
    explicit: 'postgresql://explicit/a',
    env: {
      LOCKSTEP_DATABASE_URL: 'postgres://own/b',
      DATABASE_URL: 'postgresql://common/c',
      PGHOST: 'variables',
      PGDATABASE: 'd',
    },
    configured: 'postgresql://configured/e',
  };
  const order: readonly (readonly [string, string, ConnectionPlaces])[] = [
    ['--database-url', 'postgresql://explicit/a', all],
    ['lockstep.config.yaml', 'postgresql://configured/e', { env: all.env, configured: all.configured }],
    ['LOCKSTEP_DATABASE_URL', 'postgres://own/b', { env: all.env }],
    ['DATABASE_URL', 'postgresql://common/c', { env: { ...all.env, LOCKSTEP_DATABASE_URL: '' } }],
    ['PG* variables', 'postgresql:///d?host=variables', { env: { PGHOST: 'variables', PGDATABASE: 'd' } }],
  ];
  it.each(order)('asks %s in its turn', (source, url, places) => {
    expect(resolveConnection(places)).toEqual({ kind: 'found', connection: { url, source } });
  });

  it('says when no place names a database', () => {
    expect(resolveConnection({ env: { PGPASSWORD: 'x' } })).toEqual({ kind: 'absent' });
  });

  it('makes a URL of the variables with everything encoded', () => {
    const choice = resolveConnection({
      env: {
        PGHOST: '/run/my sql',
        PGPORT: '5433',
        PGUSER: 'ü@r',
        PGPASSWORD: 'a/b?c',
        PGDATABASE: 'x y',
        PGSSLMODE: 'disable',
      },
    });
    if (choice.kind !== 'found') throw new Error(choice.kind);
    const url = new URL(choice.connection.url);
    expect(decodeURIComponent(url.pathname)).toBe('/x y');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      host: '/run/my sql',
      port: '5433',
      user: 'ü@r',
      password: 'a/b?c',
      sslmode: 'disable',
    });
  });

  it.each(['mysql://user:secret@host/db', 'host=localhost password=secret', 'postgresql://u:sec/ret@host:x/db'])(
    'refuses %s without repeating it, and asks no further',
    (explicit) => {
      const choice = resolveConnection({ ...all, explicit });
      expect(choice).toMatchObject({ kind: 'invalid', source: '--database-url' });
      expect(JSON.stringify(choice)).not.toContain('sec');
    },
  );

  it.each([
    'postgresql://user@/db',
    'postgresql:///db',
    'postgresql://[::1]:5432/db',
    'postgresql://%2Frun%2Fpostgresql/db',
  ])('takes %s as libpq does', (explicit) => {
    expect(resolveConnection({ explicit, env: {} }).kind).toBe('found');
  });
});

describe('redaction', () => {
  it.each([
    ['postgresql://u:p%40w@host:5432/db?sslmode=require', 'postgresql://u:***@host:5432/db?sslmode=require'],
    ['postgres://u:p@w/x@host/db', 'postgres://u:***@host/db'],
    ['postgresql://:only@host/db', 'postgresql://:***@host/db'],
    ['postgresql://u@host/db?password=secret&user=v', 'postgresql://u@host/db?password=***&user=v'],
    ['postgresql://u@host:5432/db', 'postgresql://u@host:5432/db'],
  ])('%s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });

  it('works inside any text', () => {
    const text = `could not use "postgresql://u:s3@h/db" or host=h password='s 3' user=u; PGPASSWORD=s3 lockstep`;
    expect(redactPasswords(text)).toBe(
      `could not use "postgresql://u:***@h/db" or host=h password=*** user=u; PGPASSWORD=*** lockstep`,
    );
    expect(redactPasswords('role "u" failed with s3cret', ['s3cret', ''])).toBe('role "u" failed with ***');
  });
});
