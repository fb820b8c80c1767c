-- Run when PostgreSQL makes its cluster: persister's user owns the database and has no other right.
\set password `cat /run/secrets/iotpipe-password`
CREATE ROLE iotpipe LOGIN PASSWORD :'password';
ALTER DATABASE iotpipe OWNER TO iotpipe;
