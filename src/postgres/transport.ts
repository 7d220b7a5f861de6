/**
 * How the way to the server is protected: what `sslmode`, `sslrootcert`, `channel_binding` and their files mean, which is what they mean
 * to libpq. Owns reading them off a URL; the driver would read more into some of them and less into others, and a variable of Node
 * (NODE_TLS_REJECT_UNAUTHORIZED) could switch off what the URL demands.
 * Facts: PostgreSQL documentation, 34.1.2 (parameters) and 34.19 (SSL support).
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type pg from 'pg';
import { DatabaseError } from '../executor/session.js';
import { toDatabaseError } from './to-database-error.js';

export interface Transport {
  /** Tried one after the other where the server will not have the first. */
  readonly attempts: readonly (tls.ConnectionOptions | false)[];
  readonly channelBinding: ChannelBinding;
  readonly direct: boolean;
  /** The URL without what stands here. */
  readonly url: string;
}

type ChannelBinding = 'disable' | 'prefer' | 'require';

const OURS = [
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslnegotiation',
  'channel_binding',
] as const;

/** Nothing is connected; an error is what every session is refused with. */
export function transportOf(url: string): Transport | DatabaseError {
  try {
    return readTransport(url);
  } catch (error) {
    return toDatabaseError(error, 'connect');
  }
}

function readTransport(url: string): Transport {
  const [base = '', query = ''] = url.split(/\?(.*)/s);
  const given = new URLSearchParams(query);
  const said = new Map(OURS.map((name) => [name, given.get(name) ?? '']));
  const rest = new URLSearchParams([...given].filter(([name]) => !OURS.some((own) => own === name)));
  const parameter = (name: (typeof OURS)[number]): string => said.get(name)!;
  const isSocket = /^\//.test(given.get('host') ?? '') || /^[a-z]+:\/\/([^@/]*@)?%2f/i.test(base);
  const channelBinding = oneOf('channel_binding', parameter('channel_binding') || 'prefer', [
    'disable',
    'prefer',
    'require',
  ]);
  const direct =
    oneOf('sslnegotiation', parameter('sslnegotiation') || 'postgres', ['postgres', 'direct']) === 'direct';
  const mode = modeOf(parameter, direct);
  return {
    attempts: isSocket ? [false] : attemptsOf(mode, parameter),
    channelBinding,
    direct,
    url: `${base}?${rest.toString().replaceAll('+', '%20')}`,
  };
}

/** Administrators find us by `application_name`, whatever the URL says. */
export function driverOptions({ url, attempts, channelBinding, direct }: Transport, attempt: number): pg.ClientConfig {
  const [base = '', query = ''] = url.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  parameters.set('application_name', 'lockstep');
  const ssl = attempts[attempt]!;
  return {
    connectionString: `${base}?${parameters.toString().replaceAll('+', '%20')}`,
    ssl,
    ...(ssl !== false && direct && { sslnegotiation: 'direct' }),
    ...(ssl !== false && channelBinding !== 'disable' && { enableChannelBinding: true }),
  };
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;
type Mode = (typeof MODES)[number];
type Parameter = (name: (typeof OURS)[number]) => string;

function modeOf(parameter: Parameter, direct: boolean): Mode {
  const system = parameter('sslrootcert') === 'system';
  const older = /^(1|true)$/.test(parameter('ssl')) ? 'require' : '';
  const mode = oneOf(
    'sslmode',
    parameter('sslmode') || older || (system ? 'verify-full' : direct ? 'require' : 'prefer'),
    MODES,
  );
  if (system && mode !== 'verify-full')
    throw refused(`weak sslmode "${mode}" may not be used with sslrootcert=system (use "verify-full")`);
  if (direct && (mode === 'disable' || mode === 'allow' || mode === 'prefer'))
    throw refused(
      `weak sslmode "${mode}" may not be used with sslnegotiation=direct (use "require", "verify-ca", or "verify-full")`,
    );
  return mode;
}

function attemptsOf(mode: Mode, parameter: Parameter): Transport['attempts'] {
  if (mode === 'disable') return [false];
  const encrypted = { ...verification(mode, parameter('sslrootcert')), ...certificate(parameter) };
  if (mode === 'prefer') return [encrypted, false];
  return mode === 'allow' ? [false, encrypted] : [encrypted];
}

/** Undefined where nothing is verified. `require` with a root certificate verifies it, as libpq does for older programs. */
function verification(mode: Mode, root: string): tls.ConnectionOptions {
  if (root === 'system') return { rejectUnauthorized: true, ...systemRoots() };
  const verifies = mode === 'verify-ca' || mode === 'verify-full';
  const file = root === '' ? inHome('root.crt') : root;
  if (!existsSync(file)) {
    if (!verifies) return { rejectUnauthorized: false };
    throw refused(
      `root certificate file "${file}" does not exist: provide it, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification`,
    );
  }
  if (!verifies && mode !== 'require') return { rejectUnauthorized: false };
  const ca = contentsOf('root certificate file', file);
  return { ca, rejectUnauthorized: true, ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }) };
}

/** Those of the machine from Node 22.15 on; before, those that Node brings along. */
function systemRoots(): tls.ConnectionOptions {
  const { getCACertificates } = tls as { readonly getCACertificates?: (type: 'system') => string[] };
  return getCACertificates === undefined ? {} : { ca: getCACertificates('system') };
}

/** Of the client. A certificate that is not there is none; a key that is not there, beside one, is an error. */
function certificate(parameter: Parameter): tls.ConnectionOptions {
  const [cert, key] = [
    parameter('sslcert') || inHome('postgresql.crt'),
    parameter('sslkey') || inHome('postgresql.key'),
  ];
  if (!existsSync(cert)) return {};
  if (!existsSync(key)) throw refused(`certificate present, but not private key file "${key}"`);
  const { mode, uid } = statSync(key);
  const others = uid === 0 ? 0o037 : 0o077;
  if (process.platform !== 'win32' && (mode & others) !== 0)
    throw refused(
      `private key file "${key}" has group or world access; file must have permissions u=rw (0600) or less`,
    );
  const passphrase = parameter('sslpassword');
  return {
    cert: contentsOf('certificate file', cert),
    key: contentsOf('private key file', key),
    ...(passphrase !== '' && { passphrase }),
  };
}

function inHome(name: string): string {
  return join(homedir(), '.postgresql', name);
}

function contentsOf(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refused(
      `${what} "${file}" could not be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}`,
    );
  }
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value);
  if (found === undefined) throw refused(`invalid ${name} value: "${value}"; there are ${values.join(', ')}`);
  return found;
}

function refused(message: string): DatabaseError {
  return new DatabaseError(message, { kind: 'unreachable' });
}
