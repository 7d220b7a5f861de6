/**
 * How long a session's statement may go without an answer before its connection counts as lost. A peer that vanished is
 * noticed by TCP; one that is there and passes nothing on, as a proxy or a pooler can be, is not.
 *
 * The server itself ends a statement at its `statement_timeout`. So what the session was told is read from what it is sent;
 * where a statement may take as long as it likes, there is no limit here either.
 */
export interface AnswerLimits {
  /** For statements before which nothing was said about their time; null: none. */
  readonly answerLimitMs: number | null;
  /** For the way there and back, beyond the time that the server gives a statement. */
  readonly answerGraceMs: number;
}

/** Node fires a longer one at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One session's; an adapter whose fields are what its server process was told. */
export class AnswerLimit {
  readonly #limits: AnswerLimits;
  /** Of the session, and of the transaction. Within one the longest that was said: a savepoint may bring it back. */
  #session: number | undefined;
  #transaction: number | undefined;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** Before `sql` is sent: how long its answer may take, itself included in what was said; null: as long as it likes. */
  before(sql: string): number | null {
    if (/\bstatement_timeout\b/i.test(sql)) this.#note(sql);
    const said = this.#transaction ?? this.#session;
    if (/^\s*(commit|end|rollback(?!\s+to\b)|abort)\b/i.test(sql)) this.#transaction = undefined;
    if (/^\s*discard\s+all\b/i.test(sql)) this.#session = undefined;
    if (said === undefined) return this.#limits.answerLimitMs;
    const limitMs = said + this.#limits.answerGraceMs;
    return limitMs > LONGEST_TIMER_MS ? null : limitMs;
  }

  #note(sql: string): void {
    for (const [, local, value] of sql.matchAll(
      /\b(local\s+)?statement_timeout\b(?:\s*(?:=|to)\s*(\d+)(?=\s*(?:;|$)))?/gi,
    )) {
      // Zero is the server's word for none. What is said in another way may be anything.
      const ms = value === undefined || Number(value) === 0 ? Infinity : Number(value);
      if (local === undefined) this.#session = ms;
      else this.#transaction = Math.max(this.#transaction ?? 0, ms);
    }
  }
}
