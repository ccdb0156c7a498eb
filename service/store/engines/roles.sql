-- The roles of a Chancery database, to be run once by a superuser, connected to the database:
--
--   psql -d DATABASE -f roles.sql
--
-- Nobody can log in as one of these. Who migrates, serves or reads is a user of its own that is
-- granted one: GRANT chancery_app TO some_user. Run "chancery database upgrade" as a user that
-- is granted chancery_owner; it gives the others what they need, now and after each migration.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['chancery_owner', 'chancery_app', 'chancery_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
    -- Where the tables were made before there were roles.
    FOREACH name IN ARRAY ARRAY[
        'log', 'head', 'tile', 'segment', 'visit', 'alias', 'alembic_version'
    ] LOOP
        IF to_regclass(name) IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %I OWNER TO chancery_owner', name);
        END IF;
    END LOOP;
    IF to_regproc('tell_of_log') IS NOT NULL THEN
        ALTER FUNCTION tell_of_log() OWNER TO chancery_owner;
    END IF;
END
$$;

-- Makes and alters the tables, and owns them.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO chancery_owner;
-- Serves: of the log it may read and append, and nothing else.
GRANT USAGE ON SCHEMA public TO chancery_app;
-- Reads all, for auditors and backups.
GRANT USAGE ON SCHEMA public TO chancery_reader;
