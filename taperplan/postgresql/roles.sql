-- The roles of a database of Taperplan, and whose the tables are. Run by a superuser, connected to that database; safe to
-- run again. Passwords are set by whoever knows them: ALTER ROLE … PASSWORD …. What app, worker and reports may do with
-- which table `manage.py prepare_database` says, after the migrations.
DO $$
DECLARE
    one text;
    thing record;
BEGIN
    -- owner: migrations alone. app: web processes. worker: workers, beat and commands. reports: reads what is neither
    -- personal nor clinical. backup: reads everything.
    FOREACH one IN ARRAY ARRAY[
        'taperplan_owner', 'taperplan_app', 'taperplan_worker', 'taperplan_reports', 'taperplan_backup'
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I', one);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', one);
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), one);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', one);
    END LOOP;
    -- pg_dump refuses to run where row-level security would hide rows from it; the role writes nothing.
    ALTER ROLE taperplan_backup BYPASSRLS;
    ALTER ROLE taperplan_reports SET default_transaction_read_only = on;
    ALTER ROLE taperplan_backup SET default_transaction_read_only = on;

    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    EXECUTE format('ALTER DATABASE %I OWNER TO taperplan_owner', current_database());
    ALTER SCHEMA public OWNER TO taperplan_owner;

    -- What a superuser made before there were roles becomes the owner's; what belongs to an extension stays.
    FOR thing IN
        SELECT c.oid::regclass AS name, c.relkind AS kind FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S')
          AND c.relowner <> 'taperplan_owner'::regrole
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'e', 'i'))
    LOOP
        EXECUTE format(
            'ALTER %s %s OWNER TO taperplan_owner',
            CASE thing.kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                ELSE 'TABLE' END,
            thing.name
        );
    END LOOP;
    FOR thing IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'taperplan_owner'::regrole
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO taperplan_owner', thing.name);
    END LOOP;

    -- Between a migration and the rights on what it made, triggers of the release before go on appending.
    ALTER DEFAULT PRIVILEGES FOR ROLE taperplan_owner IN SCHEMA public
        GRANT SELECT, INSERT ON TABLES TO taperplan_app, taperplan_worker;
    ALTER DEFAULT PRIVILEGES FOR ROLE taperplan_owner IN SCHEMA public
        GRANT USAGE ON SEQUENCES TO taperplan_app, taperplan_worker;
    -- By this number a restored database is recognised.
    GRANT EXECUTE ON FUNCTION pg_control_system() TO taperplan_app, taperplan_worker;
END $$;
