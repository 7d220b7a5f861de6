/** No throwaway server can be had here: what stands in the way, and what a person can do about it. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';
  constructor(
    message: string,
    /** One or two sentences, an instruction. */
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
