/**
 * What a server in memory does otherwise than usual, by the place of a statement: the operation that it belongs to and its part
 * in it. Answers are used up in order; behind the last one everything is as usual. Remembers what came by.
 */
export interface Place {
  /** Empty: of none. */
  readonly operation: string;
  /** `statement`, `batch`, `commit`, `journal checkpoint`; which there are stands in `statement-places`. */
  readonly part: string;
}

export type Answer =
  | { readonly kind: 'as usual' }
  | { readonly kind: 'rows'; readonly rows: readonly unknown[] }
  | { readonly kind: 'refused'; readonly sqlstate: string }
  /** The server process is ended instead: pg_terminate_backend. */
  | { readonly kind: 'ended' }
  /**
   * The client loses the connection: `request` before the server has the statement, `answer` when it has done it. The server
   * notices after `noticedMs`, and keeps the transaction and its locks until then.
   */
  | { readonly kind: 'lost'; readonly at: 'request' | 'answer'; readonly noticedMs: number }
  /** The client loses the connection, and the server gets the statement after this time all the same. */
  | { readonly kind: 'late'; readonly afterMs: number }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Until somebody cancels it, or a timeout does. */
  | { readonly kind: 'stuck' }
  /** Something happens before the statement is sent. */
  | { readonly kind: 'meanwhile'; readonly what: () => unknown };

export const AS_USUAL: Answer = { kind: 'as usual' };
export const ENDED: Answer = { kind: 'ended' };
export const STUCK: Answer = { kind: 'stuck' };
export const LOST_REQUEST: Answer = { kind: 'lost', at: 'request', noticedMs: 0 };
export const LOST_ANSWER: Answer = { kind: 'lost', at: 'answer', noticedMs: 0 };
export const refused = (sqlstate: string): Answer => ({ kind: 'refused', sqlstate });
export const rows = (...all: readonly unknown[]): Answer => ({ kind: 'rows', rows: all });
export const late = (afterMs: number): Answer => ({ kind: 'late', afterMs });
export const slow = (ms: number): Answer => ({ kind: 'slow', ms });
export const meanwhile = (what: () => unknown): Answer => ({ kind: 'meanwhile', what });

/** More than any scenario sends: a wrong design that asks in a circle would never give the event loop back. */
const MOST_STATEMENTS = 5_000;

export class Script {
  readonly #answers = new Map<string, Answer[]>();
  readonly #always = new Map<string, Answer>();
  readonly #seen: Place[] = [];

  /** One statement at this place for each answer. */
  at(operation: string, part: string, ...answers: readonly Answer[]): this {
    const key = keyOf({ operation, part });
    this.#answers.set(key, [...(this.#answers.get(key) ?? []), ...answers]);
    return this;
  }

  /** Every statement at this place that no other answer is left for. */
  always(operation: string, part: string, answer: Answer): this {
    this.#always.set(keyOf({ operation, part }), answer);
    return this;
  }

  next(place: Place): Answer {
    if (this.#seen.push(place) > MOST_STATEMENTS) throw new Error(`no end after ${MOST_STATEMENTS} statements`);
    const key = keyOf(place);
    return this.#answers.get(key)?.shift() ?? this.#always.get(key) ?? AS_USUAL;
  }

  /** How often a statement came to this place, whatever became of it. */
  times(operation: string, part: string): number {
    return this.#seen.filter((place) => place.operation === operation && place.part === part).length;
  }

  /** `fill batch`, in the order in which they were sent. */
  get seen(): readonly string[] {
    return this.#seen.map(keyOf);
  }
}

function keyOf({ operation, part }: Place): string {
  return operation === '' ? part : `${operation} ${part}`;
}
