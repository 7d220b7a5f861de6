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

type Variables = Readonly<Record<string, string | undefined>>;

export interface ConnectionPlaces {
  /** `--database-url`. */
  readonly explicit?: string;
  readonly env: Variables;
  /** What `.env` says: below every variable of the environment, also one of another name. */
  readonly envFile?: Variables;
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
export function resolveConnection({ explicit, env, envFile = {}, configured }: ConnectionPlaces): ConnectionChoice {
  const named: readonly Place[] = [
    ['--database-url', explicit],
    ['lockstep.config.yaml', configured],
    ...placesIn(env),
  ];
  const inFile = placesIn(envFile).map(([source, url]): Place => [`${source} of .env`, url, 'of .env']);
  for (const [source, given, ofFile] of [...named, ...inFile]) {
    const url = given?.trim() ?? '';
    if (url === '') continue;
    const problem = problemOf(url);
    if (problem !== undefined) return { kind: 'invalid', source, problem };
    const said = ofFile === undefined ? [...protectionOf(env), ...passwordOf(envFile, env)] : parametersOf(env);
    return { kind: 'found', connection: { url: withParameters(url, said, ofFile !== undefined), source } };
  }
  return { kind: 'absent' };
}

type Place = readonly [source: string, url: string | undefined, ofFile?: 'of .env'];

function placesIn(variables: Variables): readonly Place[] {
  return [
    ['LOCKSTEP_DATABASE_URL', variables['LOCKSTEP_DATABASE_URL']],
    ['DATABASE_URL', variables['DATABASE_URL']],
    ['PG* variables', urlOfVariables(variables)],
  ];
}

/** What the URL leaves out of how the way is protected. The rest of the variables the driver reads itself. */
function protectionOf(env: Variables): Parameters {
  return parametersOf(env).filter(([name]) => name.startsWith('ssl') || name === 'channel_binding');
}

/** What a password in `.env` is for: a connection that has none, and that no variable gives one. */
function passwordOf(envFile: Variables, env: Variables): Parameters {
  const [inFile, inEnv] = [given(envFile, 'PGPASSWORD'), given(env, 'PGPASSWORD')];
  return inFile === undefined || inEnv !== undefined ? [] : [['password', inFile]];
}

type Parameters = readonly (readonly [name: string, value: string])[];

/** `above`: they replace what the URL says, as PGSSLMODE=verify-full of the environment does to `sslmode=disable` of `.env`. */
function withParameters(url: string, parameters: Parameters, above: boolean): string {
  const [base = '', query = ''] = url.split(/\?(.*)/s);
  const all = new URLSearchParams(query);
  const has = (name: string): boolean =>
    all.has(name) || (name === 'password' && /^\w+:\/\/[^/?#]*:[^/?#]*@/.test(base));
  const wanted = parameters.filter(([name]) => above || !has(name));
  if (wanted.length === 0) return url;
  for (const [name, value] of wanted) all.set(name, value);
  return `${base}?${all.toString().replaceAll('+', '%20')}`;
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

/** Those that say how, not which. */
const VARIABLES = {
  PGPASSWORD: 'password',
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGCHANNELBINDING: 'channel_binding',
  PGOPTIONS: 'options',
} as const;

function parametersOf(variables: Variables): Parameters {
  return Object.entries(VARIABLES).flatMap(([variable, parameter]) => {
    const value = given(variables, variable);
    return value === undefined ? [] : [[parameter, value] as const];
  });
}

function given(variables: Variables, name: string): string | undefined {
  return variables[name] === '' ? undefined : variables[name];
}

/** Undefined where none of the variables that say *which* database is set; PGPASSWORD alone names nothing. */
function urlOfVariables(variables: Variables): string | undefined {
  const [host, port, user, database] = ['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE'].map((name) =>
    given(variables, name),
  );
  if ((host ?? port ?? user ?? database) === undefined) return undefined;
  // Host and user go into the query: there a socket folder and an empty host need no special form.
  const query = new URLSearchParams();
  query.set('host', host ?? 'localhost');
  if (port !== undefined) query.set('port', port);
  if (user !== undefined) query.set('user', user);
  for (const [parameter, value] of parametersOf(variables)) query.set(parameter, value);
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
