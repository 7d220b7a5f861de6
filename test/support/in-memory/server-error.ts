/** What the server in memory answers instead of a result. A session makes a DatabaseError of it, as the driver does. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  constructor(
    readonly sqlstate: string,
    message: string,
  ) {
    super(message);
  }
}
