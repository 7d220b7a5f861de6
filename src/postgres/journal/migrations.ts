/**
 * The journal's tables, as migrations that are only ever appended to: what has been released is never edited. Long, because
 * of that. Owns the SQL; `migrate` applies it. Names are qualified, because a run pins its search_path to the plan's schemas.
 *
 * Foreign keys stand between small tables only. One on `batch` would put a lock of every worker on the operation's row,
 * one on `before_image` a lookup on every row.
 */
export interface JournalMigration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export const JOURNAL_MIGRATIONS: readonly JournalMigration[] = [
  {
    number: 1,
    name: 'runs, operations, ranges and what they leave behind',
    sql: `
      CREATE TABLE lockstep.run (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        plan text NOT NULL,
        ordinal int NOT NULL,
        status text NOT NULL CHECK (status IN
          ('running', 'waiting', 'stopped', 'failed', 'done', 'rolling back', 'rolled back')),
        source_digest text NOT NULL,
        graph_digest text NOT NULL,
        graph text NOT NULL,
        rollback_graph text,
        params json NOT NULL,
        epoch int NOT NULL DEFAULT 1,
        fingerprint_before text NOT NULL,
        executor text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        created_by text NOT NULL DEFAULT session_user,
        CONSTRAINT run_plan_ordinal UNIQUE (plan, ordinal)
      );
      CREATE UNIQUE INDEX run_live ON lockstep.run (plan) WHERE status NOT IN ('done', 'rolled back');
      COMMENT ON COLUMN lockstep.run.graph IS 'the canonical bytes: what was shown, approved and run';
      COMMENT ON COLUMN lockstep.run.epoch IS 'raised by every takeover; every write of an executor names its own';

      CREATE TABLE lockstep.operation (
        run_id bigint NOT NULL REFERENCES lockstep.run,
        id text NOT NULL,
        ordinal int NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN
          ('pending', 'running', 'waiting', 'done', 'skipped', 'failed', 'in doubt')),
        epoch int NOT NULL,
        outcome json,
        attempts int NOT NULL DEFAULT 0,
        first_left_pending_at timestamptz,
        started_at timestamptz,
        finished_at timestamptz,
        PRIMARY KEY (run_id, id)
      );
      COMMENT ON TABLE lockstep.operation IS 'the way back of a run has ids that begin with undo/';
      COMMENT ON COLUMN lockstep.operation.attempts IS 'turns that ended with a result; a killed one leaves none';

      -- Its rows are written once per batch: half of each page stays free, so that no write touches the index.
      CREATE TABLE lockstep.range (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        number int NOT NULL,
        epoch int NOT NULL,
        lower text[],
        upper text[] NOT NULL,
        cursor text[],
        done boolean NOT NULL DEFAULT false,
        rows_read bigint NOT NULL DEFAULT 0,
        rows_changed bigint NOT NULL DEFAULT 0,
        rows_skipped bigint NOT NULL DEFAULT 0,
        rows_kept bigint NOT NULL DEFAULT 0,
        batches int NOT NULL DEFAULT 0,
        PRIMARY KEY (run_id, operation_id, number),
        FOREIGN KEY (run_id, operation_id) REFERENCES lockstep.operation
      ) WITH (fillfactor = 50);
      COMMENT ON TABLE lockstep.range IS 'after lower, up to and with upper; cursor is the last key that is done';

      CREATE TABLE lockstep.batch (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        range_number int NOT NULL,
        number int NOT NULL,
        xid xid8,
        rows int NOT NULL,
        duration_ms int NOT NULL,
        began_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
        checkpointed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        pid int NOT NULL DEFAULT pg_backend_pid(),
        PRIMARY KEY (run_id, operation_id, range_number, number)
      );
      COMMENT ON TABLE lockstep.batch IS 'one row per committed batch, written in its transaction';

      CREATE TABLE lockstep.already_there (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        key text[] NOT NULL,
        PRIMARY KEY (run_id, operation_id, key)
      );
      COMMENT ON TABLE lockstep.already_there IS 'target rows from before the run: no way back deletes them';

      CREATE TABLE lockstep.before_image (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        key text[] NOT NULL,
        before text[] NOT NULL,
        after text[] NOT NULL,
        PRIMARY KEY (run_id, operation_id, id)
      );
      COMMENT ON TABLE lockstep.before_image IS 'what a row said, restored where it still says what we wrote';

      CREATE TABLE lockstep.finding (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY,
        what text NOT NULL,
        detail json NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (run_id, operation_id, id)
      );
      COMMENT ON TABLE lockstep.finding IS 'rows that a person should see';

      CREATE TABLE lockstep.approval (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        by_user text NOT NULL DEFAULT session_user,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        comment text,
        PRIMARY KEY (run_id, operation_id, by_user),
        FOREIGN KEY (run_id, operation_id) REFERENCES lockstep.operation
      );

      CREATE TABLE lockstep.event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id bigint NOT NULL REFERENCES lockstep.run,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        event text NOT NULL,
        operation_id text,
        from_state text,
        to_state text,
        details json,
        by_user text NOT NULL DEFAULT session_user
      );
      CREATE INDEX event_run ON lockstep.event (run_id, id);
      COMMENT ON TABLE lockstep.event IS 'append-only';
    `,
  },
  {
    number: 2,
    name: 'blocked by the locks of others',
    sql: `
      ALTER TABLE lockstep.run DROP CONSTRAINT run_status_check, ADD CONSTRAINT run_status_check CHECK (status IN
        ('running', 'waiting', 'blocked', 'stopped', 'failed', 'done', 'rolling back', 'rolled back'));
      ALTER TABLE lockstep.operation DROP CONSTRAINT operation_state_check, ADD CONSTRAINT operation_state_check CHECK
        (state IN ('pending', 'running', 'waiting', 'done', 'skipped', 'blocked', 'failed', 'in doubt'));
    `,
  },
  {
    number: 3,
    name: 'the definitions that a run left behind',
    sql: `
      CREATE TABLE lockstep.definitions (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id bigint NOT NULL REFERENCES lockstep.run,
        operation_id text,
        keys json NOT NULL,
        definitions text NOT NULL,
        UNIQUE (run_id, operation_id),
        FOREIGN KEY (run_id, operation_id) REFERENCES lockstep.operation
      );
      COMMENT ON TABLE lockstep.definitions IS 'what there was, once an operation was done, of what it may have changed; without an operation: a drift that was accepted';
    `,
  },
  {
    number: 4,
    name: 'stops that were asked for',
    sql: `
      ALTER TABLE lockstep.run ADD COLUMN asked text CHECK (asked IN ('pause', 'cancel'));
      COMMENT ON COLUMN lockstep.run.asked IS 'what its processes look for while they run; a takeover clears it';
    `,
  },
  {
    number: 5,
    name: 'rows that stand aside',
    sql: `
      ALTER TABLE lockstep.range ADD COLUMN rows_quarantined bigint NOT NULL DEFAULT 0;
      CREATE TABLE lockstep.quarantined (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        id int NOT NULL GENERATED ALWAYS AS IDENTITY,
        range_number int NOT NULL,
        key text[] NOT NULL,
        row json,
        sqlstate text,
        message text NOT NULL,
        detail text,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        replayed_at timestamptz,
        replayed_by text,
        PRIMARY KEY (run_id, operation_id, id),
        FOREIGN KEY (run_id, operation_id) REFERENCES lockstep.operation
      );
      COMMENT ON TABLE lockstep.quarantined IS 'rows that the server refused, with the latest error; replayed_at: written after all, or found to be gone';
      COMMENT ON COLUMN lockstep.batch.range_number IS '0: the replay of one row, whose number in lockstep.quarantined is the batch''s';
    `,
  },
  {
    number: 6,
    name: 'windows',
    sql: `
      CREATE TABLE lockstep."window" (
        run_id bigint NOT NULL REFERENCES lockstep.run,
        step text NOT NULL,
        name text NOT NULL,
        direction text NOT NULL CHECK (direction IN ('forward', 'both')),
        state text NOT NULL CHECK (state IN ('old leads', 'new leads', 'leaving', 'gone', 'closed')),
        sides json NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (run_id, step)
      );
      CREATE UNIQUE INDEX window_open ON lockstep."window" (name) WHERE state NOT IN ('gone', 'closed');
      COMMENT ON TABLE lockstep."window" IS 'what is kept in step, and which side leads; written in the transactions that make it so';

      CREATE TABLE lockstep.tombstone (
        window_name text NOT NULL,
        mapping text NOT NULL,
        key text[] NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (window_name, mapping, key)
      );
      COMMENT ON TABLE lockstep.tombstone IS 'keys that were deleted while their window was open, and did not come back: one that lives has been resurrected';

      CREATE TABLE lockstep.mirror_failure (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        window_name text NOT NULL,
        mapping text NOT NULL,
        side text NOT NULL CHECK (side IN ('old', 'new')),
        operation text NOT NULL,
        key_before text[],
        key_after text[],
        sqlstate text NOT NULL,
        message text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        by_user text NOT NULL DEFAULT session_user,
        application text NOT NULL DEFAULT current_setting('application_name'),
        accepted_at timestamptz,
        accepted_by text
      );
      COMMENT ON TABLE lockstep.mirror_failure IS 'writes that the other side did not take, where the plan says that they are recorded; side: the one that lacks them';

      CREATE TABLE lockstep.touched (
        window_name text NOT NULL,
        mapping text NOT NULL,
        key text[] NOT NULL
      );
      COMMENT ON TABLE lockstep.touched IS 'target keys that were written, on either side, since the comparison before a cutover began';

      CREATE TABLE lockstep.old_writer (
        window_name text NOT NULL,
        mapping text NOT NULL,
        side text NOT NULL CHECK (side IN ('old', 'new')),
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        by_user text NOT NULL DEFAULT session_user,
        application text NOT NULL DEFAULT current_setting('application_name')
      );
      CREATE INDEX old_writer_window ON lockstep.old_writer (window_name, at);
      COMMENT ON TABLE lockstep.old_writer IS 'who wrote to the side that does not lead: a row for each transaction';
    `,
  },
  {
    number: 7,
    name: 'which run moved a window',
    sql: `
      CREATE TABLE lockstep.window_move (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        window_run_id bigint NOT NULL,
        step text NOT NULL,
        to_state text NOT NULL,
        at timestamptz NOT NULL,
        by_run_id bigint NOT NULL REFERENCES lockstep.run,
        FOREIGN KEY (window_run_id, step) REFERENCES lockstep."window"
      );
      CREATE INDEX window_move_window ON lockstep.window_move (window_run_id, step, id);
      COMMENT ON TABLE lockstep.window_move IS 'append-only: each move of a window, and the run that made it, which may be of a later plan; without one: the run that opened it, before this was kept';
    `,
  },
  {
    number: 8,
    name: 'what tells that something was changed',
    sql: `
      ALTER TABLE lockstep.event ADD COLUMN before json;
      COMMENT ON COLUMN lockstep.event.before IS 'digests of the events before it, by id; null: from before they were kept';
      ALTER TABLE lockstep.run ADD COLUMN rollback_digest text;
      ALTER TABLE lockstep.approval ADD COLUMN graph_digest text;
      COMMENT ON COLUMN lockstep.approval.graph_digest IS 'what was approved; null: from before it was kept';

      CREATE TABLE lockstep.file_node (
        run_id bigint NOT NULL,
        operation_id text NOT NULL,
        relation oid NOT NULL,
        name text NOT NULL,
        file_node oid NOT NULL,
        server text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (run_id, operation_id, relation)
      );
      COMMENT ON TABLE lockstep.file_node IS 'the files of a table when a copy into it began: another one now, and transaction ids in its rows may be those of who rewrote it';
    `,
  },
  {
    number: 9,
    name: 'who refers to a row',
    sql: `
      CREATE FUNCTION lockstep.referring_rows(own oid[], tables oid[], places tid[])
        RETURNS TABLE (relation oid, place tid, of_relation oid, of_place tid)
        LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $function$
      #variable_conflict use_column
      DECLARE
        level_tables oid[] := tables;
        level_places tid[] := places;
        seen_tables oid[] := tables;
        seen_places tid[] := places;
        next_tables oid[];
        next_places tid[];
        found_tables oid[];
        found_places tid[];
        found_of tid[];
        leaf oid;
        mine tid[];
        key record;
      BEGIN
        WHILE cardinality(level_tables) > 0 LOOP
          next_tables := '{}';
          next_places := '{}';
          FOR leaf IN SELECT DISTINCT t.one FROM unnest(level_tables) AS t (one) LOOP
            SELECT array_agg(l.two) INTO mine FROM unnest(level_tables, level_places) AS l (one, two) WHERE l.one = leaf;
            FOR key IN
              SELECT f.conrelid,
                f.conrelid = ANY (own) OR EXISTS (SELECT FROM pg_partition_ancestors(f.conrelid) AS a WHERE a.relid = ANY (own)) AS is_own,
                has_table_privilege(f.conrelid, 'SELECT') AND NOT row_security_active(f.conrelid) AS can_be_read,
                (SELECT string_agg(format('t.%I OPERATOR(%I.%s) r.%I', p.attname, n.nspname, o.oprname, c.attname), ' AND ')
                  FROM unnest(f.confkey, f.conkey, f.conpfeqop) AS k (referred, referring, operator)
                  JOIN pg_attribute AS p ON p.attrelid = f.confrelid AND p.attnum = k.referred
                  JOIN pg_attribute AS c ON c.attrelid = f.conrelid AND c.attnum = k.referring
                  JOIN pg_operator AS o ON o.oid = k.operator
                  JOIN pg_namespace AS n ON n.oid = o.oprnamespace) AS same
              FROM pg_constraint AS f
              WHERE f.contype = 'f' AND f.conparentid = 0
                AND (f.confrelid = leaf OR f.confrelid IN (SELECT a.relid FROM pg_partition_ancestors(leaf) AS a))
            LOOP
              IF NOT key.can_be_read THEN
                RETURN QUERY SELECT key.conrelid, NULL::tid, leaf, m.one FROM unnest(mine) AS m (one);
              ELSIF NOT key.is_own THEN
                RETURN QUERY EXECUTE format('SELECT $2, NULL::tid, $3, t.ctid FROM ONLY %s AS t WHERE t.ctid = ANY ($1) AND EXISTS (SELECT FROM %s AS r WHERE %s)',
                  leaf::regclass, key.conrelid::regclass, key.same) USING mine, key.conrelid, leaf;
              ELSE
                EXECUTE format('SELECT array_agg(q.one), array_agg(q.two), array_agg(q.three) FROM (SELECT r.tableoid, r.ctid, t.ctid FROM ONLY %s AS t JOIN %s AS r ON %s WHERE t.ctid = ANY ($1) FOR UPDATE OF r) AS q (one, two, three)',
                  leaf::regclass, key.conrelid::regclass, key.same) INTO found_tables, found_places, found_of USING mine;
                RETURN QUERY SELECT q.one, q.two, leaf, q.three FROM unnest(found_tables, found_places, found_of) AS q (one, two, three);
                next_tables := next_tables || coalesce(found_tables, '{}');
                next_places := next_places || coalesce(found_places, '{}');
              END IF;
            END LOOP;
          END LOOP;
          SELECT coalesce(array_agg(q.one), '{}'), coalesce(array_agg(q.two), '{}') INTO level_tables, level_places
          FROM (SELECT * FROM unnest(next_tables, next_places) EXCEPT SELECT * FROM unnest(seen_tables, seen_places)) AS q (one, two);
          seen_tables := seen_tables || level_tables;
          seen_places := seen_places || level_places;
        END LOOP;
      END
      $function$;
      REVOKE ALL ON FUNCTION lockstep.referring_rows(oid[], oid[], tid[]) FROM PUBLIC;
      COMMENT ON FUNCTION lockstep.referring_rows(oid[], oid[], tid[]) IS 'who refers to these rows by a foreign key, as it is now: rows of the tables in "own" by their places, which it locks, and who refers to them in turn; of any other table, or of one that may not be read, only that there is one';
    `,
  },
  {
    number: 10,
    name: 'keys that change beside a window',
    sql: `
      CREATE TABLE lockstep.move (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        window_name text NOT NULL,
        mapping text NOT NULL,
        side text NOT NULL CHECK (side IN ('old', 'new')),
        from_key text[] NOT NULL,
        to_key text[],
        row_before text[] NOT NULL,
        row_after text[] NOT NULL,
        found boolean NOT NULL DEFAULT false
      );
      CREATE INDEX move_in_order ON lockstep.move (xid, window_name, mapping, side, id);
      CREATE INDEX move_from ON lockstep.move (xid, window_name, mapping, side, from_key);
      CREATE INDEX move_to ON lockstep.move (xid, window_name, mapping, side, row_after);
      COMMENT ON TABLE lockstep.move IS 'keys of mirrored rows that the transaction at hand changes, in order, until the other side has followed; side: the one that was written. Between transactions there are none';

      ALTER TABLE lockstep.old_writer ADD COLUMN xid xid8;
      ALTER TABLE lockstep.old_writer ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
      CREATE INDEX old_writer_xid ON lockstep.old_writer (xid);
      COMMENT ON COLUMN lockstep.old_writer.xid IS 'by which the transaction finds that it is noted';
    `,
  },
];
