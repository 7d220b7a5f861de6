/** What the journal's trail of events tells. Appended with its cause, in one transaction; never changed. */
export type EventName =
  | 'run begun'
  /** Another executor goes on: the epoch was raised. */
  | 'run taken over'
  | 'run moved'
  /** Somebody asked its processes to stop: `details.asked` says how. */
  | 'stop asked'
  | 'rollback begun'
  | 'operation moved'
  | 'approved'
  /** The throttle holds the run back; then it goes on, or ends its turn. */
  | 'throttled'
  | 'throttle ended'
  /** A person said to go on without some of its signals. */
  | 'throttle ignored'
  /** Somebody else changed definitions, and a person said to go on all the same. */
  | 'drift accepted'
  /** Writes that one side of a window did not take stay so, because a person said so. */
  | 'recorded writes accepted';
