-- The roles of a Chancery database. A superuser runs this once, connected to the database:
--
--   psql -d DATABASE -f roles.sql
--
-- Nobody can log in as one of these roles. Make a user of its own for migrating, for serving and
-- for reading, and grant it the role: GRANT chancery_app TO some_user. Run "chancery database
-- upgrade" as a user with chancery_owner: it grants to the other roles what they need, now and
-- after each migration.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['chancery_owner', 'chancery_app', 'chancery_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
    -- The tables may have been created before there were roles.
    FOREACH name IN ARRAY ARRAY[
        'log', 'head', 'tile', 'segment', 'visit', 'alias', 'word', 'label', 'days',
        'alembic_version'
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
