// Brings a database to a state: by the application's statements and by the program, which is stopped where the state wants it.
// Owns the words of `made` in test/fixtures/stored/*/made.yaml.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

import pg from 'pg';

/** `client` is the application, and the only one connected; `program`: the folder of a checkout that was built; `folder`: with `plan.yaml`. */
export async function makeState({ client, program, url, folder, made }) {
  for (const step of made) await take(step, { client, url, folder, program });
  await alone(client);
}

async function take(step, { client, url, folder, program }) {
  const run = (...args) => start(program, folder, [...args, '--database-url', url]);
  if ('sql' in step) return void (await client.query(step.sql));
  if ('approve' in step) return ended(run('approve', 'plan.yaml', '--gate', step.approve), 0);
  const command = 'apply' in step ? 'apply' : 'rollback';
  const end = step[command];
  const holder = 'held' in step ? await hold(url, step.held) : undefined;
  const started = run(command, 'plan.yaml', '--yes');
  try {
    if (end === 'killed') {
      await waitsFor(client, holder.processID, started);
      started.child.kill('SIGKILL');
      await started.done;
      // What it has sent is not to be done any more: its machine is gone.
      await client.query(`SELECT pg_terminate_backend(pid) ${OTHERS} AND pid <> $1`, [holder.processID]);
      await alone(client, holder.processID);
    } else if (end === 'cancelled') {
      await waitsFor(client, holder.processID, started);
      await ended(run('cancel', 'plan.yaml'), 0);
      await ended(started, 6);
    } else await ended(started, end);
  } finally {
    await holder?.end();
  }
}

async function hold(url, sql) {
  const holder = new pg.Client({ connectionString: url, application_name: 'app' });
  await holder.connect();
  await holder.query(`BEGIN; ${sql}`);
  return holder;
}

/** Seen twice, since it waits in short attempts: by then what else could begin has ended. */
async function waitsFor(client, pid, { done, args }) {
  let end;
  void done.then((result) => (end = result));
  for (let seen = 0; seen < 2; await pause(40)) {
    if (end !== undefined)
      throw new Error(`${args[0]} ended with ${end.exit} and never waited for what is held:\n${end.said}`);
    const { rows } = await client.query(`SELECT pid ${OTHERS} AND $1::int = ANY (pg_blocking_pids(pid))`, [pid]);
    if (rows.length > 0) seen++;
  }
}

const OTHERS = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;

/** Nobody else is connected any more: what was under way is committed or rolled back. */
async function alone(client, ...but) {
  for (;;) {
    const { rows } = await client.query(`SELECT pid ${OTHERS} AND pid <> ALL ($1)`, [but]);
    if (rows.length === 0) return;
    await pause(20);
  }
}

function start(program, folder, args) {
  const child = spawn(process.execPath, [resolve(program, 'bin/lockstep.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const done = new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => settle({ exit, said }));
  });
  return { child, done, args };
}

async function ended({ done, args }, wanted) {
  const { exit, said } = await done;
  if (exit !== wanted) throw new Error(`${args[0]} ended with ${exit}, and not ${wanted}:\n${said}`);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
