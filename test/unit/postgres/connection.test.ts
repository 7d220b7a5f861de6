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

  describe('whatever .env says', () => {
    const inFile = (envFile: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): string => {
      const choice = resolveConnection({ env, envFile });
      return choice.kind === 'found' ? `${choice.connection.source}: ${choice.connection.url}` : choice.kind;
    };

    it.each<Readonly<Record<string, string>>>([
      { PGHOST: 'env' },
      { PGUSER: 'env', PGHOST: 'env' },
      { DATABASE_URL: 'postgresql://env/x' },
      { LOCKSTEP_DATABASE_URL: 'postgresql://env/x' },
    ])('ranks below the environment, also where that has another name: %o', (env) => {
      const everything = {
        LOCKSTEP_DATABASE_URL: 'postgresql://file/x',
        DATABASE_URL: 'postgresql://file/x',
        PGHOST: 'file',
        PGPORT: '6666',
        PGSSLMODE: 'disable',
        PGOPTIONS: '-c role=file',
      };
      const found = inFile(everything, env);
      expect(found).toContain('env');
      expect(found).not.toMatch(/file|6666|disable/);
    });

    it('is taken where the environment names none, by the same order', () => {
      expect(inFile({ DATABASE_URL: 'postgresql://u:p@file/x', PGHOST: 'other' })).toBe(
        'DATABASE_URL of .env: postgresql://u:p@file/x',
      );
      expect(inFile({ PGHOST: 'file', PGDATABASE: 'x', PGSSLMODE: 'require' })).toBe(
        'PG* variables of .env: postgresql:///x?host=file&sslmode=require',
      );
      expect(inFile({ PGPASSWORD: 'x' })).toBe('absent');
    });

    it('cannot weaken what a variable says of every connection', () => {
      const env = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/ca.pem', PGPASSWORD: 'of env' };
      expect(inFile({ DATABASE_URL: 'postgresql://u:p@file/x?sslmode=disable' }, env)).toBe(
        'DATABASE_URL of .env: postgresql://u:p@file/x?sslmode=verify-full&password=of%20env&sslrootcert=%2Fca.pem',
      );
    });

    it('gives a password to who has none', () => {
      const withPassword = (url: string, env = {}): string => {
        const choice = resolveConnection({ explicit: url, env, envFile: { PGPASSWORD: 'word' } });
        return choice.kind === 'found' ? choice.connection.url : choice.kind;
      };
      expect(withPassword('postgresql://u@h/x')).toBe('postgresql://u@h/x?password=word');
      expect(withPassword('postgresql://u:own@h/x')).toBe('postgresql://u:own@h/x');
      expect(withPassword('postgresql://u@h/x', { PGPASSWORD: 'of env' })).toBe('postgresql://u@h/x');
    });
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
