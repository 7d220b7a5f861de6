/** One connection to the database, as the executor sees it. `postgres` implements it; nothing here knows the driver. */
export interface Session {
  /**
   * True behind a pooler in transaction mode: the connection is ours for the time of a transaction. What is set or locked for the
   * session would reach whoever gets it next.
   */
  readonly isShared?: boolean;
  /**
   * Sends one statement (with parameters) or several (without). Values come back as the server's text for every type but
   * boolean, int2, int4 and json(b): a key never passes through a JavaScript Date or a rounded number.
   * Rejects with a DatabaseError; its `kind` says whether the statement failed or the connection is gone.
   */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>>;
}

export interface QueryResult<Row> {
  readonly rows: readonly Row[];
  /** Rows affected or returned; 0 where the command has no count. */
  readonly count: number;
}

/** What lies between this process and the server. */
export interface Way {
  /** `TLSv1.3`; null: not encrypted. */
  readonly tls: string | null;
  /** A socket of this machine, which nobody listens to. */
  readonly local: boolean;
  readonly pooler: 'none' | 'session' | 'transaction';
}

/** A pool of sessions to one target. */
export interface Database {
  /** Known once a session was lent. */
  readonly way?: Way | undefined;
  /** Runs `work` with a session of its own and gives it back; a broken session is thrown away. */
  withSession<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** BEGIN … COMMIT around `work`; ROLLBACK where it rejects. */
  transaction<T>(work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Cancels on the server what runs there for anybody who holds a session; the sessions stay. */
  cancelRunning(): Promise<void>;
  /** Ends every connection, also busy ones: their statements are cancelled on the server first. */
  close(): Promise<void>;
}

export interface TransactionOptions {
  readonly readOnly?: boolean;
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
}

/** What the database, or the way to it, answered instead of a result. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  constructor(
    message: string,
    readonly facts: {
      /**
       * `statement`: the server refused it, nothing of its transaction happened. `connection`: no answer came; outside a
       * commit nothing happened. `in-doubt`: COMMIT was sent and its answer never came. `unreachable`: never connected.
       */
      readonly kind: 'statement' | 'connection' | 'in-doubt' | 'unreachable';
      /** Five characters, from the server; absent where it never answered. */
      readonly sqlstate?: string;
      readonly detail?: string;
      readonly hint?: string;
      readonly constraint?: string;
      readonly table?: string;
      readonly schema?: string;
      readonly column?: string;
      /** Where in the SQL, from 1, in characters. */
      readonly position?: number;
      readonly context?: string;
    },
  ) {
    super(message);
  }
}
