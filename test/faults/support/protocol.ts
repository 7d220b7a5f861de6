/**
 * Where messages of the PostgreSQL protocol begin and end, and which of them make a statement. Facts: PostgreSQL
 * documentation, "Message Formats": a type byte (missing in the first message of a client) and an int32 length.
 */

/** Cuts what arrives into whole messages. `untyped`: the first one has no type byte. */
export class Messages {
  #pending: Buffer = Buffer.alloc(0);
  #untyped: boolean;

  constructor({ untyped }: { readonly untyped: boolean }) {
    this.#untyped = untyped;
  }

  /** The messages that are whole with `data`; what is left waits for more. */
  whole(data: Buffer): readonly Buffer[] {
    this.#pending = Buffer.concat([this.#pending, data]);
    const messages: Buffer[] = [];
    for (let length = this.#length(); length !== undefined; length = this.#length()) {
      messages.push(this.#pending.subarray(0, length));
      this.#pending = this.#pending.subarray(length);
      this.#untyped = false;
    }
    return messages;
  }

  #length(): number | undefined {
    const typeBytes = this.#untyped ? 0 : 1;
    if (this.#pending.length < typeBytes + 4) return undefined;
    const length = typeBytes + this.#pending.readInt32BE(typeBytes);
    return this.#pending.length < length ? undefined : length;
  }
}

export function typeOf(message: Buffer): string {
  return message.toString('latin1', 0, 1);
}

/** Of a simple statement (`Q`) the text, of one with parameters the text of its Parse (`P`); undefined for others. */
export function textOf(message: Buffer): string | undefined {
  switch (typeOf(message)) {
    case 'Q':
      return message.toString('utf8', 5, message.length - 1);
    case 'P': {
      // The name of the prepared statement stands first, each text ends with a zero byte.
      const from = message.indexOf(0, 5) + 1;
      return message.toString('utf8', from, message.indexOf(0, from));
    }
    default:
      return undefined;
  }
}

/** `K`, BackendKeyData: the pid of the server process, as `pg_terminate_backend` wants it. */
export function processIdIn(message: Buffer): number | undefined {
  return typeOf(message) === 'K' ? message.readInt32BE(5) : undefined;
}
