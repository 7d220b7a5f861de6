/** Who stands between this process and the server: what is encrypted, verified and bound means what it means to libpq. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { startThrowawayServer, type ThrowawayServer } from '../../../src/postgres/server/throwaway-server.js';
import { testDatabase } from '../../support/database.js';
import { lockstep } from '../../support/built-program.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [key, root, other] = ['server.key', 'root.crt', 'other.crt'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

function certificate(file: string, keyFile: string, name: string): void {
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-sha256', '-subj', `/CN=${name}`];
  execFileSync('openssl', [...words, '-addext', `subjectAltName=DNS:${name}`, '-keyout', keyFile, '-out', file], {
    stdio: 'ignore',
  });
}

let hasOpenssl = true;
try {
  certificate(root, key, 'localhost');
  certificate(other, join(folder, 'other.key'), 'localhost');
} catch {
  hasOpenssl = false;
  process.stderr.write('connections with TLS: skipped, there is no openssl to make a certificate with\n');
}

async function wayOf(url: string): Promise<string> {
  const database = new PgDatabase({ url });
  try {
    return await database.withSession(async (session) => {
      const { rows } = await session.query<{ ssl: boolean }>(
        'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      );
      expect(rows[0]!.ssl).toBe(database.way?.tls !== null);
      return database.way?.tls === null ? 'plain' : 'encrypted';
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await database.close();
  }
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(query)) changed.searchParams.set(name, value);
  return changed.href;
}

describe.runIf(hasOpenssl)('a server with TLS', () => {
  let server: ThrowawayServer;
  let url = '';
  beforeAll(async () => {
    server = await startThrowawayServer({});
    const database = new PgDatabase({ url: server.url });
    const { rows } = await database.withSession((session) =>
      session.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`),
    );
    const at = rows[0]!.folder;
    for (const [file, name] of [
      [root, 'tls.crt'],
      [key, 'tls.key'],
    ] as const) {
      copyFileSync(file, join(at, name));
      if (process.getuid?.() === 0) execFileSync('chown', ['--reference', at, join(at, name)]);
      chmodSync(join(at, name), 0o600);
    }
    await database.withSession(async (session) => {
      for (const text of [`ssl_cert_file = 'tls.crt'`, `ssl_key_file = 'tls.key'`, 'ssl = on'])
        await session.query(`ALTER SYSTEM SET ${text}`);
      await session.query('SELECT pg_reload_conf()');
    });
    await database.close();
    url = server.url.replace('127.0.0.1', 'localhost');
    while ((await wayOf(withQuery(url, { sslmode: 'require' }))) !== 'encrypted')
      await new Promise((resolve) => setTimeout(resolve, 100));
  });
  afterAll(() => server.remove());

  it.each<readonly [Readonly<Record<string, string>>, string | RegExp]>([
    [{}, 'encrypted'],
    [{ sslmode: 'disable' }, 'plain'],
    [{ sslmode: 'allow' }, 'plain'],
    [{ sslmode: 'prefer' }, 'encrypted'],
    [{ sslmode: 'require', sslrootcert: join(folder, 'nowhere.crt') }, 'encrypted'],
    [{ sslmode: 'verify-full', sslrootcert: root }, 'encrypted'],
    [{ sslmode: 'verify-full', sslrootcert: other }, /self.signed certificate/],
    [{ sslmode: 'require', sslrootcert: other }, /self.signed certificate/],
    [
      { sslmode: 'verify-ca', sslrootcert: join(folder, 'nowhere.crt') },
      /root certificate file ".*nowhere.crt" does not exist/,
    ],
    [{ sslrootcert: 'system' }, /self.signed certificate/],
    [{ sslrootcert: 'system', sslmode: 'require' }, /weak sslmode "require" may not be used with sslrootcert=system/],
    [{ sslmode: 'sometimes' }, /invalid sslmode value: "sometimes"/],
    [{ sslcert: join(folder, 'nowhere.crt') }, 'encrypted'],
    [{ sslcert: root, sslkey: join(folder, 'nowhere.key') }, /certificate present, but not private key file/],
    [{ channel_binding: 'require' }, 'encrypted'],
    [{ channel_binding: 'require', sslmode: 'disable' }, /channel binding required, but/],
    [{ channel_binding: 'always' }, /invalid channel_binding value/],
  ])('%o', async (query, outcome) => {
    expect(await wayOf(withQuery(url, query))).toMatch(
      outcome instanceof RegExp ? outcome : new RegExp(`^${outcome}$`),
    );
  });

  it('by another name is refused where the name is verified, and only there', async () => {
    const address = url.replace('localhost', '127.0.0.1');
    expect(await wayOf(withQuery(address, { sslmode: 'verify-ca', sslrootcert: root }))).toBe('encrypted');
    expect(await wayOf(withQuery(address, { sslmode: 'verify-full', sslrootcert: root }))).toMatch(
      /does not match|altnames/,
    );
  });

  it('is verified whatever a variable of Node or a .env says, and each failure is a diagnostic', async () => {
    writeFileSync(join(folder, '.env'), 'NODE_TLS_REJECT_UNAUTHORIZED=0\nPGSSLMODE=disable\n');
    const wrong = withQuery(url, { sslmode: 'verify-full', sslrootcert: other });
    for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }] as const) {
      const { exit, err } = await lockstep(['status', '--database-url', wrong], { cwd: folder, env });
      expect([exit, err.includes('error[LS9001]'), err.includes('    at ')], err).toEqual([1, true, false]);
    }
    rmSync(join(folder, '.env'));
    const said = await lockstep(['status', '--database-url', url]);
    expect([said.exit, said.out]).toEqual([0, expect.stringMatching(/connection: TLSv1\.\d\n$/)]);
    const { report } = JSON.parse((await lockstep(['status', '--json', '--database-url', url])).out) as {
      report: object;
    };
    expect(report).toMatchObject({ connection: { tls: expect.stringMatching(/^TLS/) as string, pooler: 'none' } });
  });
});

describe('a server without TLS', async () => {
  const { url } = await testDatabase();

  it('is reached without it where it is preferred only', async () => {
    expect(await wayOf(url)).toBe('plain');
    expect(await wayOf(withQuery(url, { sslmode: 'require' }))).toMatch(/does not support SSL/);
  });
});

it('a password in clear is not sent to who asks for it where channel binding is demanded', async () => {
  const heard: string[] = [];
  const thief = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard.push(data.toString('latin1'));
      if (data.length === 8) socket.write('N');
      else if (data[0] === 0) socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
    });
  });
  const port = await new Promise<number>((resolve) =>
    thief.listen(0, '127.0.0.1', () => resolve((thief.address() as AddressInfo).port)),
  );
  onTestFinished(() => void thief.close());
  const database = new PgDatabase({
    url: `postgresql://u:canary-4711@127.0.0.1:${port}/x?channel_binding=require`,
    connectTimeoutMs: 2_000,
  });
  await expect(database.withSession((session) => session.query('SELECT 1'))).rejects.toThrow(
    /channel binding required/,
  );
  await database.close();
  expect(heard.join()).not.toContain('canary');
});
