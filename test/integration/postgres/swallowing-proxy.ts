/** A way to the server on which a certain statement, or its answer, gets lost. */
import { createServer, connect, type Server, type Socket } from 'node:net';

/** Passes everything on; when `text` comes by, the client loses its connection, before the server has it or instead of the answer. */
export async function swallowingProxy(
  text: string,
  at: 'request' | 'answer',
  url: string,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.add(client).add(server);
    let swallowing = false;
    client.on('data', (bytes) => {
      swallowing ||= bytes.includes(text);
      if (swallowing && at === 'request') client.destroy();
      else server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (swallowing) client.destroy();
      else client.write(bytes);
    });
    client.on('close', () => server.end()).on('error', () => undefined);
    server.on('close', () => client.end()).on('error', () => undefined);
  });
  const changed = new URL(url);
  changed.port = String(await listen(proxy));
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => void proxy.close(() => resolve()));
  };
  return { url: changed.href, stop };
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { readonly port: number }).port;
}
