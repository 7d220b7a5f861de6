/**
 * Which database is meant. Owns the order in which the places that may name it are asked, and what may be shown of
 * a URL. Reading the environment and the configuration file belongs to the cli, connecting to pg-database.
 */
export interface Connection {
  /** `postgresql://…`, with the password. Show it through `redactUrl` only. */
  readonly url: string;
  /** Who named it, for messages: `--database-url`, `DATABASE_URL`, `PG* variables`, `lockstep.config.yaml`. */
  readonly source: string;
}

export interface ConnectionPlaces {
  /** `--database-url`. */
  readonly explicit?: string;
  /** `process.env`, with `.env` already in it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the target that `--target` names: whoever types it means that database, whatever a variable says. */
  readonly configured?: string;
}

export type ConnectionChoice =
  | { readonly kind: 'found'; readonly connection: Connection }
  /** No place names a database. */
  | { readonly kind: 'absent' }
  /** A place names something that is not a PostgreSQL URL; `problem` never repeats it, it may hold a password. */
  | { readonly kind: 'invalid'; readonly source: string; readonly problem: string };

/** The first place that names one decides, even where it is wrong: nobody wants the next best database. */
export function resolveConnection({ explicit, env, configured }: ConnectionPlaces): ConnectionChoice {
  const places: readonly (readonly [source: string, url: string | undefined])[] = [
    ['--database-url', explicit],
    ['lockstep.config.yaml', configured],
    ['LOCKSTEP_DATABASE_URL', env['LOCKSTEP_DATABASE_URL']],
    ['DATABASE_URL', env['DATABASE_URL']],
    ['PG* variables', urlOfVariables(env)],
  ];
  for (const [source, url] of places) {
    if (url === undefined || url.trim() === '') continue;
    const problem = problemOf(url.trim());
    return problem === undefined
      ? { kind: 'found', connection: { url: url.trim(), source } }
      : { kind: 'invalid', source, problem };
  }
  return { kind: 'absent' };
}

/** The same server, role and parameters; another database. */
export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** The URL without its password, as it may be printed, stored and reported. */
export function redactUrl(url: string): string {
  return redactPasswords(url);
}

/**
 * Any text without the passwords of the PostgreSQL URLs and `password=…` pairs in it, and without the given secrets.
 * A password may hold `@` where somebody forgot to encode it: everything up to the last `@` before a blank goes.
 */
export function redactPasswords(text: string, secrets: readonly string[] = []): string {
  let shown = text
    .replace(/(\bpostgres(?:ql)?:\/\/[^\s:@/?#]*):[^\s"'`]*@/gi, '$1:***@')
    .replace(/(\b(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s&'"`]+)/gi, '$1***')
    .replace(/(\bPGPASSWORD\s*[:=]\s*)\S+/g, '$1***');
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, '***');
  return shown;
}

const VARIABLES = {
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGOPTIONS: 'options',
} as const;

/** Undefined where none of the variables that say *which* database is set; PGPASSWORD alone names nothing. */
function urlOfVariables(env: ConnectionPlaces['env']): string | undefined {
  const given = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const [host, port, user, database] = [given('PGHOST'), given('PGPORT'), given('PGUSER'), given('PGDATABASE')];
  if ((host ?? port ?? user ?? database) === undefined) return undefined;
  // Host and user go into the query: there a socket folder and an empty host need no special form.
  const query = new URLSearchParams();
  query.set('host', host ?? 'localhost');
  if (port !== undefined) query.set('port', port);
  if (user !== undefined) query.set('user', user);
  const password = given('PGPASSWORD');
  if (password !== undefined) query.set('password', password);
  for (const [variable, parameter] of Object.entries(VARIABLES)) {
    const value = given(variable);
    if (value !== undefined) query.set(parameter, value);
  }
  return `postgresql:///${encodeURIComponent(database ?? user ?? '')}?${query.toString()}`;
}

function problemOf(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//i.test(url)) return 'it does not begin with postgresql://';
  try {
    // An empty host beside a user name is libpq's, not the URL standard's.
    new URL(url.replace('@/', '@localhost/'));
    return undefined;
  } catch {
    return 'it is not a URL; special characters of a password are written percent-encoded (@ is %40, / is %2F)';
  }
}
