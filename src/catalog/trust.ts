/**
 * Whose code may run in what a plan sends. Names and operators are looked up along the search path, so whoever may create something in
 * one of its schemas, or has, decides what a text means that does not name the schema.
 */
export interface TrustFacts {
  /** The current user is one. */
  readonly superuser: boolean;
  readonly superusers: readonly string[];
  /** Of all schemas of users, but for the owner of the database and roles that the current user may become. */
  readonly strangers: readonly Stranger[];
}

/** A role that is neither a superuser, nor the current user, nor one that it may become, nor the owner of the database. */
export interface Stranger {
  /** `PUBLIC` for everybody. */
  readonly role: string;
  readonly schema: string;
  /** Null: it may create something there, as the schema's owner or by a grant. */
  readonly owns: StrangersObject | null;
  /** What takes it away from the role: SQL. */
  readonly remedy: string;
}

export interface StrangersObject {
  readonly kind: 'function' | 'operator' | 'type' | 'cast';
  /** As it stands in texts. Of a cast: what it makes. */
  readonly name: string;
  /** As the server prints it. */
  readonly identity: string;
}
