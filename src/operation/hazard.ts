/** What an operation may cost, by name; the plan's author consents to each with a reason (`allow`), or the plan is refused. */
export const HAZARDS = {
  data_loss: 'something that cannot be brought back goes away',
  no_way_back: 'the step has no way back',
  rewrites_table: 'the whole table is written anew under its lock',
  blocks_writes: 'writers wait while it runs',
  blocks_reads: 'readers wait while it runs',
  breaks_readers: 'running sessions must prepare their statements again',
  breaks_subscribers: 'logical subscribers stop',
  untrusted_schema: 'code of a role that is not trusted may run in place of what the plan means',
  runs_as_superuser: 'code of those who own the tables runs with the rights of a superuser',
  deadlocks: 'sessions of the application may be chosen as deadlock victims',
} as const;

export type HazardName = keyof typeof HAZARDS;

export interface Hazard {
  readonly name: HazardName;
  /** Why here, and what would avoid it. */
  readonly detail: string;
  /** The author's reason, where consent was given. */
  readonly consent: string | null;
}
