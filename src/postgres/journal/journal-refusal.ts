/** The journal cannot be used as asked: what stands in the way, and what a person can do about it. */
export class JournalRefusal extends Error {
  override readonly name = 'JournalRefusal';
  constructor(
    readonly reason: JournalRefusalReason,
    message: string,
    /** One or two sentences, an instruction. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export type JournalRefusalReason =
  /** A later version of lockstep has written it. */
  | 'newer journal'
  /** Its ledger lacks a migration. */
  | 'incomplete'
  /** It belongs to others, or somebody put something into it. */
  | 'not ours'
  /** Its transactions are read only, by what the role or the database has set. */
  | 'read only'
  /** What it has stored is not what was stored. */
  | 'changed'
  /** The role may not create or read it. */
  | 'not permitted'
  /** Another run of the plan has not ended. */
  | 'live run'
  /** A takeover waited for a transaction of the run that does not end. */
  | 'held';
