-- Two windows that plans have left open, for a plan that goes on with them.
-- begin with: ../../../examples/clinic-uuid/schema.sql
-- apply: ../../../plans/clinic-uuid.yaml
-- apply: split.yaml

CREATE TABLE patients (id bigint PRIMARY KEY, name text NOT NULL, phone text);
CREATE TABLE phones (patient_id bigint PRIMARY KEY, phone text NOT NULL);
