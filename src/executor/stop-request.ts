/**
 * Why a run is to stop, where somebody or something said so: carried as the reason of the signal that asks for it. And what
 * work is given up with that met the stop: of its transaction nothing stays, and it is no failure of the run.
 */
export class StopRequest {
  constructor(
    /** For a person: `paused by anna`. */
    readonly why: string,
  ) {}
}

/** Null: a signal to the process, or a failure of another operation, which say it themselves. */
export function whyStopped(stop: AbortSignal): string | null {
  return stop.reason instanceof StopRequest ? stop.reason.why : null;
}

export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}
