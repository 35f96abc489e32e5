#!/bin/sh
# Docker only: gives each role its password from the environment. The embedded server ignores this file and makes its own.
# It is sourced or run by the image's entrypoint, so everything happens in a subshell.
(
set -eu

set_password() {
  role=$1
  variable=$2
  eval "password=\${$variable:-}"
  if [ -z "$password" ]; then
    echo "init-db: $variable is not set. Put a password for the role $role into .env and start again with an empty volume." >&2
    exit 1
  fi
  # psql quotes the value itself; it reaches psql through the environment and so never shows in a process list.
  SCROLLBACK_NEW_PASSWORD=$password psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres --set role="$role" <<'SQL'
\getenv new_password SCROLLBACK_NEW_PASSWORD
SET log_statement = 'none';
ALTER ROLE :"role" PASSWORD :'new_password';
SQL
}

set_password scrollback_owner SCROLLBACK_OWNER_PASSWORD
set_password scrollback_gateway SCROLLBACK_GATEWAY_PASSWORD
set_password scrollback_analytics SCROLLBACK_ANALYTICS_PASSWORD
set_password scrollback_auditor SCROLLBACK_AUDITOR_PASSWORD
)
