/**
 * A TCP proxy that counts the statements of all connections as they pass, and asks before each is sent, when it was sent,
 * and when its answer is there. A statement is what the server answers with one ReadyForQuery: a simple query, or
 * Parse to Sync. Loopback only.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { Messages, processIdIn, textOf, typeOf } from './protocol.js';

export interface WireStatement {
  /** From 1, over all connections, in the order in which they came. */
  readonly number: number;
  readonly text: string;
  /** The server process that gets it. */
  readonly pid: number;
}

export type Moment =
  /** It is there in full, and the server has nothing of it. */
  | 'before'
  /** The server has it. */
  | 'sent'
  /** The answer was read in full, and its end is not handed on yet. */
  | 'answered';

/**
 * What comes after on the same connection waits for it. False before a statement: neither it nor what follows on this
 * connection is sent; that its client hangs up still is.
 */
export type AtBoundary = (moment: Moment, statement: WireStatement) => boolean | Promise<boolean>;

export interface WireProxy {
  readonly url: string;
  /** From here on nothing passes on the connection of that server process, and neither side is told. Others work. */
  swallow(pid: number): void;
  /** Ends every connection on both sides, as a network device does that has lost its table. */
  cut(): void;
  close(): Promise<void>;
}

/** `url` is the server's; the proxy's own carries the same user, password and database. */
export async function startWireProxy(url: string, at: AtBoundary): Promise<WireProxy> {
  const target = new URL(url);
  const lines = new Set<Line>();
  let count = 0;
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    const line = new Line(client, upstream, at, () => ++count);
    lines.add(line);
    upstream.on('close', () => lines.delete(line));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as AddressInfo).port);
  return {
    url: own.href,
    swallow: (pid) => lines.forEach((line) => line.pid === pid && line.swallow()),
    cut: () => lines.forEach((line) => line.cut()),
    close: () => {
      lines.forEach((line) => line.cut());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** One connection: an adapter between two sockets, whose fields are what was read and not yet handed on. */
class Line {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #at: AtBoundary;
  readonly #next: () => number;
  readonly #fromClient = new Messages({ untyped: true });
  readonly #fromServer = new Messages({ untyped: false });
  #work: Promise<void> = Promise.resolve();
  #begun: Buffer[] = [];
  #pid = 0;
  #ready = false;
  #underWay: WireStatement | undefined;
  #swallowing = false;
  #sending = true;

  constructor(client: Socket, upstream: Socket, at: AtBoundary, next: () => number) {
    this.#client = client;
    this.#upstream = upstream;
    this.#at = at;
    this.#next = next;
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('error', () => undefined);
    client.on('data', (data: Buffer) => this.#inTurn(() => this.#clientSaid(data)));
    upstream.on('data', (data: Buffer) => this.#inTurn(() => this.#serverSaid(data)));
    // As the kernel does it for a process that is gone: what it had sent arrives, and then the end.
    client.on('close', () => !this.#swallowing && upstream.end());
    upstream.on('close', () => !this.#swallowing && client.destroy());
  }

  get pid(): number {
    return this.#pid;
  }

  swallow(): void {
    this.#swallowing = true;
  }

  cut(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** Both directions in the order in which they came: a client sends nothing before its last answer. */
  #inTurn(work: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.#swallowing ? undefined : work()));
  }

  async #clientSaid(data: Buffer): Promise<void> {
    for (const message of this.#fromClient.whole(data)) {
      if (!this.#sending) return;
      // Until the server is ready for the first time they agree on who it is.
      if (!this.#ready || typeOf(message) === 'X') this.#upstream.write(message);
      else {
        this.#begun.push(message);
        if (typeOf(message) === 'Q' || typeOf(message) === 'S') await this.#statement();
      }
    }
  }

  async #statement(): Promise<void> {
    const messages = this.#begun;
    this.#begun = [];
    const text = messages.map(textOf).find((found) => found !== undefined) ?? '';
    const statement = { number: this.#next(), text, pid: this.#pid };
    this.#sending = await this.#at('before', statement);
    // Somebody may have called `swallow` meanwhile.
    if (!this.#sending || this.#isSwallowing()) return;
    this.#underWay = statement;
    this.#upstream.write(Buffer.concat(messages));
    await this.#at('sent', statement);
  }

  async #serverSaid(data: Buffer): Promise<void> {
    for (const message of this.#fromServer.whole(data)) {
      this.#pid = processIdIn(message) ?? this.#pid;
      if (typeOf(message) !== 'Z') continue;
      this.#ready = true;
      const answered = this.#underWay;
      this.#underWay = undefined;
      if (answered !== undefined) await this.#at('answered', answered);
    }
    if (!this.#isSwallowing()) this.#client.write(data);
  }

  #isSwallowing(): boolean {
    return this.#swallowing;
  }
}
