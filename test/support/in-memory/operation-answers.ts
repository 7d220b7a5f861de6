/**
 * What happens on a server in memory when nothing special is said: an operation has its effect, which commits and vanishes with
 * the transaction, and questions are answered by what is there. Rows are numbers; each keeps how often it was done.
 */
import type { DatabaseError } from '../../../src/executor/session.js';
import { NOTHING, type Answered, type Backend, type Respond, type Statement } from './backend.js';
import type { MemoryServer } from './memory-server.js';
import { ServerError } from './server-error.js';

export interface Contents {
  /** Keys of the rows that a batch operation walks. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
  /** Rows that the server refuses, and with what. */
  readonly bad: Readonly<Record<string, ReadonlyMap<number, NonNullable<DatabaseError['facts']['sqlstate']>>>>;
  /** Of a check, by its operation: how many rows violate it, at this moment. */
  readonly violations: Record<string, number>;
  /** Of a signal of the throttle. */
  readonly signals: Record<string, number | null>;
}

/** How often a statement, or a batch for a row, has been done and committed. */
export const doneKey = (operation: string, row?: number): string =>
  row === undefined ? `done/${operation}` : `row/${operation}/${row}`;

export const leftoverKey = (operation: string): string => `leftover/${operation}`;

export function answersOf(server: () => MemoryServer, contents: Contents): Respond {
  return async (sent, backend) => {
    const { operation, part } = sent.place;
    const violations = (count: number): Answered => one({ violations: String(count), samples: null, figures: null });
    const { transaction } = backend;
    switch (part) {
      case 'statement':
        await doneOnceMore(doneKey(operation), backend);
        return NOTHING;
      case 'reached':
        return violations((transaction.get<number>(doneKey(operation)) ?? 0) > 0 ? 0 : 1);
      case 'leftover':
        return violations(transaction.get(leftoverKey(operation)) === true ? 1 : 0);
      case 'removal':
        transaction.set(leftoverKey(operation), false);
        return NOTHING;
      case 'assertion':
      case 'check':
        return violations(contents.violations[operation] ?? 0);
      case 'pid':
        return one({ pid: backend.pid });
      case 'clock':
        return one({ ms: String(server().now()) });
      case 'time':
        return one({ time: new Date(server().now()).toISOString() });
      case 'own processes':
        return ownProcesses(sent, backend, server());
      case 'end process':
        for (const other of server().backends) if (other.pid === sent.parameters[0]) other.end();
        return NOTHING;
      case 'lock table':
      case 'settings':
      case 'row locks':
      case 'blockers':
      case 'build progress':
        return NOTHING;
      default:
        if (!part.startsWith('signal ')) return ofWalk(sent, backend, contents);
        return one({ value: contents.signals[part.slice('signal '.length)] ?? null, what: 'it' });
    }
  };
}

async function doneOnceMore(key: string, backend: Backend): Promise<void> {
  await backend.lock(key);
  const { transaction } = backend;
  transaction.set(key, (transaction.get<number>(key) ?? 0) + 1);
}

function ownProcesses({ parameters: [own] }: Statement, backend: Backend, server: MemoryServer): Answered {
  const found = server.backends.filter((other) => other !== backend && other.applicationName === own);
  return many(found.map(({ pid, isActive }) => ({ pid, state: isActive ? 'active' : 'idle' })));
}

async function ofWalk(sent: Statement, backend: Backend, contents: Contents): Promise<Answered> {
  const { operation, part } = sent.place;
  const all = contents.rows[operation] ?? [];
  const within = between(all, sent.parameters as readonly string[]);
  switch (part) {
    case 'top key':
      return keys(all.slice(-1));
    case 'size':
      // As of rows of a hundred bytes, ten thousand of which are worth a range: here ten are.
      return one({ bytes: String(all.length * 100_000) });
    case 'cuts':
      return keys(all.filter((_, index) => (index + 1) % 10 === 0 || index === all.length - 1));
    case 'end of batch': {
      const [, offset] = /OFFSET (\d+) LIMIT 1/.exec(sent.sql)!;
      return keys(within.slice(Number(offset), Number(offset) + 1));
    }
    case 'keys of range':
      return keys(within.slice(0, 2));
    case 'row':
      return one({ row: { id: sent.parameters[0] } });
    case 'batch':
      return batchOver(operation, within, backend, contents);
    default:
      throw new Error(`the server in memory has no answer to ${part} of ${operation}`);
  }
}

/** Exclusive, inclusive, as numbers; the lower one may be absent. */
function between(all: readonly number[], bounds: readonly string[]): readonly number[] {
  const lower = bounds.length > 1 ? Number(bounds[0]) : -Infinity;
  const upper = bounds.length > 0 ? Number(bounds.at(-1)) : Infinity;
  return all.filter((row) => row > lower && row <= upper);
}

async function batchOver(
  operation: string,
  rows: readonly number[],
  backend: Backend,
  contents: Contents,
): Promise<Answered> {
  for (const row of rows) {
    const sqlstate = contents.bad[operation]?.get(row);
    if (sqlstate !== undefined) throw new ServerError(sqlstate, `row ${row} is refused`);
    await doneOnceMore(doneKey(operation, row), backend);
  }
  const count = String(rows.length);
  return one({ read: count, changed: count, skipped: '0', kept: '0', findings: null, problem: null });
}

function keys(found: readonly number[]): Answered {
  return many(found.map((row) => ({ key: [String(row)] })));
}

function one(row: object): Answered {
  return many([row]);
}

function many(rows: readonly object[]): Answered {
  return { rows, count: rows.length };
}
