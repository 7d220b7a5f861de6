/**
 * A TCP proxy between a run and its server that knows where one message of the protocol ends, so that it can break a
 * connection at a chosen statement. Loopback only.
 * Facts: PostgreSQL documentation, "Message Formats": a type byte (missing in the startup message) and an int32 length.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

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
    let pending: Buffer = Buffer.alloc(0);
    client.on('data', (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      for (let length = messageLength(pending, started); length !== undefined && !broken;) {
        const message = pending.subarray(0, length);
        pending = pending.subarray(length);
        const fault = started ? decide(statementOf(message)) : null;
        started = true;
        if (fault === null) upstream.write(message);
        else {
          broken = true;
          mute = true;
          breakOff(fault, message);
        }
        length = messageLength(pending, started);
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

/** Undefined where the message is not there in full. */
function messageLength(data: Buffer, started: boolean): number | undefined {
  const typeBytes = started ? 1 : 0;
  if (data.length < typeBytes + 4) return undefined;
  const length = typeBytes + data.readInt32BE(typeBytes);
  return data.length < length ? undefined : length;
}

/** `Q` holds the text and a zero byte; `P` (Parse) begins a statement with parameters; others are not statements. */
function statementOf(message: Buffer): string {
  const type = message.toString('latin1', 0, 1);
  return type === 'Q' ? message.toString('utf8', 5, message.length - 1) : type === 'P' ? PARAMETERS : '';
}

export const PARAMETERS = '$';
