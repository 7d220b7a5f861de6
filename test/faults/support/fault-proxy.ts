/**
 * A TCP proxy between a run and its server that knows where one message of the protocol ends, so that it can break a
 * connection at a chosen statement. Loopback only.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { Messages, textOf, typeOf } from './protocol.js';

export type Fault =
  /** The statement arrives, its answer never does. */
  | 'reply lost'
  /** The connection goes before the statement is sent; the server notices. */
  | 'never sent'
  /** We lose the connection at once, the statement arrives later. */
  | 'arrives late'
  /** We lose the connection; the server waits on, with all its locks, and then gives up. */
  | 'server unaware';

export interface FaultProxy {
  readonly url: string;
  close(): Promise<void>;
}

export const LATE_MS = 400;

/**
 * `decide` is asked for every statement without parameters (`COMMIT` is one), and `PARAMETERS` stands for one with.
 * `url` is the server's; the proxy's own carries the same user, password and database.
 */
export async function startFaultProxy(url: string, decide: (statement: string) => Fault | null): Promise<FaultProxy> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    let mute = false;
    let started = false;
    let broken = false;
    const messages = new Messages({ untyped: true });
    client.on('data', (data: Buffer) => {
      for (const message of messages.whole(data)) {
        if (broken) return;
        const fault = started ? decide(statementOf(message)) : null;
        started = true;
        if (fault === null) upstream.write(message);
        else {
          broken = true;
          mute = true;
          breakOff(fault, message);
        }
      }
    });
    const breakOff = (fault: Fault, message: Buffer): void => {
      switch (fault) {
        case 'reply lost':
          upstream.once('data', () => {
            client.destroy();
            upstream.destroy();
          });
          upstream.write(message);
          return;
        case 'never sent':
          client.destroy();
          upstream.destroy();
          return;
        case 'arrives late':
          client.destroy();
          setTimeout(() => upstream.end(message), LATE_MS);
          return;
        case 'server unaware':
          client.destroy();
          setTimeout(() => upstream.destroy(), LATE_MS);
      }
    };
    upstream.on('data', (data: Buffer) => {
      if (!mute) client.write(data);
    });
    client.on('close', () => {
      if (!broken) upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as AddressInfo).port);
  return {
    url: own.href,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Parse (`P`) begins a statement with parameters; other messages of such a one are not statements. */
function statementOf(message: Buffer): string {
  return typeOf(message) === 'P' ? PARAMETERS : (textOf(message) ?? '');
}

export const PARAMETERS = '$';
