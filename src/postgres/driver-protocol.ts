/** What the driver leaves to whoever knows the protocol: demanding channel binding, cancelling behind a pooler, and what a refusal of TLS looks like. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';
import { DatabaseError } from '../executor/session.js';
import type { PgSession } from './pg-session.js';

interface DriverConnection extends EventEmitter {
  readonly stream: Socket;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * `channel_binding=require`: the server must prove, in the exchange about the password, that it is the one at the other end of the
 * encryption. Whatever else it asks for is not answered: a password in clear would be the loot of whoever stands in between.
 */
export function demandChannelBinding(client: pg.Client): void {
  const { connection } = client as unknown as { readonly connection: DriverConnection };
  let bound = false;
  const refuse = (why: string): void => {
    connection.stream.destroy(new Error(`channel binding required, but ${why}`));
  };
  // Before the driver's own listeners, which answer.
  connection.on('authenticationSASL', ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    if (!(connection.stream as Socket & { readonly encrypted?: boolean }).encrypted) refuse('SSL not in use');
    else if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse("not supported by server's authentication request");
  });
  connection.on('authenticationSASLFinal', () => (bound = true));
  for (const asked of ['authenticationCleartextPassword', 'authenticationMD5Password'])
    connection.on(asked, () => refuse("not supported by server's authentication request"));
  connection.on('authenticationOk', () => {
    if (!bound) refuse('server authenticated client without channel binding');
  });
}

/** The protocol's own way, which a pooler passes on for the statement that runs for us now. Best effort. */
export function cancelRequest(config: pg.ClientConfig, lease: PgSession): Promise<void> {
  const client = new pg.Client(config) as unknown as {
    readonly connection: DriverConnection;
    readonly host: string;
    readonly port: number;
    readonly ssl: unknown;
  };
  const { connection, host, port, ssl } = client;
  return new Promise((resolve) => {
    for (const ended of ['error', 'end']) connection.on(ended, () => resolve());
    const send = (): void => connection.cancel(lease.processId, lease.secretKey);
    connection.once('connect', () => (ssl === false ? send() : connection.requestSsl()));
    connection.once('sslconnect', send);
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}

/** Whether the server, or the way to it, will not have what was tried: TLS, or a connection without it. */
export function wantsAnother(error: unknown, encrypted: boolean): boolean {
  if (!(error instanceof DatabaseError) || error.facts.kind !== 'unreachable') return false;
  // pg_hba.conf has no entry for the one, and may have one for the other.
  if (error.facts.sqlstate !== undefined) return error.facts.sqlstate === '28000';
  return (
    encrypted && /does not support SSL|SSL connection|\b(SSL|TLS|EPROTO)\b|ssl3_|tlsv1|handshake/i.test(error.message)
  );
}
