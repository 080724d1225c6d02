-- For each program a database, a role that owns its tables (migrate) and one that serves and may not change them (R-67).
-- psql reads it, as the superuser, once, when the database is made. The passwords are files that PostgreSQL can read.
do $$
declare
  program text;
begin
  foreach program in array array['biped_owner', 'biped', 'exports_owner', 'exports'] loop
    execute format('create role %I login password %L', program, trim(pg_read_file('/run/secrets/' || program), e'\n'));
  end loop;
end $$;
create database biped owner biped_owner;
create database exports owner exports_owner;
revoke all on database biped from public;
revoke all on database exports from public;
grant connect on database biped to biped;
grant connect on database exports to exports;

\connect biped
alter default privileges for role biped_owner in schema public grant select, insert, update, delete on tables to biped;
alter default privileges for role biped_owner in schema public grant usage on sequences to biped;

\connect exports
alter default privileges for role exports_owner in schema public grant select, insert, update, delete on tables to exports;
alter default privileges for role exports_owner in schema public grant usage on sequences to exports;
