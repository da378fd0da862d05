-- The extensions that the backend's migrations and operators need. Once for each database; a second run changes nothing.
--   psql -h "$(terraform output -raw rds_address)" -U triflow_admin -d triflow -f scripts/create-extensions.sql
-- pg_stat_statements counts only where the server preloads it (shared_preload_libraries, which RDS sets by default).
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public;
