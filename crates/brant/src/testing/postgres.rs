//! PostgreSQL: a template for each set of migrations, and a copy of it for each test.

use async_trait::async_trait;

use super::fingerprint::fingerprint;
use super::keeper::{Made, Place};
use super::server::{Server, Sql, new_name};
use crate::{Error, Migrator};

/// Locks are seen in `pg_locks` from every database of the server, while taking one only counts in its own.
static SQL: Sql = Sql {
    driver: "postgres",
    claim: |owner| format!("SELECT pg_advisory_lock_shared(x'{}'::bigint)", &owner[owner.len() - 16..]),
    orphans: r"
        SELECT datname FROM pg_database
        WHERE datname ~ '^brant_test_[0-9a-f]{16}_[0-9]+$' AND substr(datname, 12, 16) NOT IN (
            SELECT lpad(to_hex(classid::bigint), 8, '0') || lpad(to_hex(objid::bigint), 8, '0') FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1)",
    drop: |name| format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
};

/// A template that nobody used for so many seconds is dropped.
const TEMPLATE_LIFE: i64 = 24 * 3600;
/// Its last use is noted anew after so many.
const NOTE_AFTER: i64 = 3600;

/// How many seconds ago a template was used last.
const AGE: &str = "extract(epoch FROM now())::bigint - substring(shobj_description(oid, 'pg_database') FROM '[0-9]+')::bigint";

/// Where test databases are made.
pub(super) struct Postgres {
    server: Server,
}

impl Postgres {
    pub(super) fn new(admin_url: &str) -> Result<Self, Error> {
        Ok(Self { server: Server::new(&SQL, admin_url, None)? })
    }

    /// The name of a template of these migrations that is ready.
    async fn template(&mut self, migrator: &Migrator) -> Result<String, Error> {
        // The user and database of the URL count too: a user can copy only what is its own, and the lock that protects
        // the making of a template counts only in its own database.
        let name = format!("brant_template_{}", fingerprint(migrator, self.server.redacted())?);
        if self.age(&name).await?.is_some_and(|age| age < NOTE_AFTER) {
            return Ok(name);
        }
        self.lock("pg_advisory_lock", &name).await?;
        let result = self.template_under_lock(&name, migrator).await;
        self.unlock(&name).await?;
        if result? {
            self.sweep_templates().await?;
        }
        Ok(name)
    }

    /// Makes the template unless it is there, and notes its use. Tells whether it was made.
    async fn template_under_lock(&mut self, name: &str, migrator: &Migrator) -> Result<bool, Error> {
        let is_new = self.age(name).await?.is_none();
        if is_new {
            // It bears its name only when it is done; what a killed process left is begun anew.
            let making = format!("{name}_making");
            self.server.drop(&making).await?;
            self.server.query("create a template", &format!("CREATE DATABASE {making}")).await?;
            self.note_use(&making).await?;
            self.server.migrate(&making, migrator).await?;
            // Somebody who looks around in it would keep it from being copied.
            let done = format!("ALTER DATABASE {making} ALLOW_CONNECTIONS false");
            self.server.query("finish a template", &done).await?;
            let rename = format!("ALTER DATABASE {making} RENAME TO {name}");
            self.server.query("finish a template", &rename).await?;
        } else {
            self.note_use(name).await?;
        }
        Ok(is_new)
    }

    async fn age(&mut self, name: &str) -> Result<Option<i64>, Error> {
        let sql =
            format!("SELECT coalesce({AGE}, {TEMPLATE_LIFE}) FROM pg_database WHERE datname = '{name}'");
        let rows = self.server.query("look for a template", &sql).await?;
        Ok(rows.into_iter().flatten().flatten().next().and_then(|age| age.parse().ok()))
    }

    async fn note_use(&mut self, name: &str) -> Result<(), Error> {
        let sql = format!(
            "DO $$BEGIN EXECUTE format('COMMENT ON DATABASE {name} IS %L', \
             'migrated for tests, last used at ' || extract(epoch FROM now())::bigint); END$$"
        );
        self.server.query("note the use of a template", &sql).await.map(drop)
    }

    /// Drops templates of other migrations that were not used for a day. Whoever uses one notes that under its lock.
    async fn sweep_templates(&mut self) -> Result<(), Error> {
        let sql = format!(
            r"SELECT datname FROM pg_database WHERE datname ~ '^brant_template_[0-9a-f]{{32}}(_making)?$'
              AND coalesce({AGE}, {TEMPLATE_LIFE}) >= {TEMPLATE_LIFE}"
        );
        for name in self.server.query("look for old templates", &sql).await?.into_iter().flatten().flatten() {
            if self.lock("pg_try_advisory_lock", &name).await? {
                if self.age(&name).await?.is_some_and(|age| age >= TEMPLATE_LIFE) {
                    // It may be another user's.
                    let _ = self.server.drop(&name).await;
                }
                self.unlock(&name).await?;
            }
        }
        Ok(())
    }

    async fn lock(&mut self, function: &str, template: &str) -> Result<bool, Error> {
        let rows =
            self.server.query("lock a template", &format!("SELECT {function}({})", key(template))).await?;
        Ok(rows.into_iter().flatten().flatten().next().is_some_and(|answer| answer == "t"))
    }

    async fn unlock(&mut self, template: &str) -> Result<(), Error> {
        let sql = format!("SELECT pg_advisory_unlock({})", key(template));
        self.server.query("unlock a template", &sql).await.map(drop)
    }
}

#[async_trait]
impl Place for Postgres {
    async fn make(&mut self, migrator: &Migrator) -> Result<Made, Error> {
        self.server.sweep().await?;
        let template = self.template(migrator).await?;
        let name = new_name();
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        self.server.query("create a test database", &sql).await?;
        self.server.made(name)
    }

    async fn drop(&mut self, name: &str) -> Result<(), Error> {
        self.server.drop(name).await
    }
}

/// The number of a template's lock: 64 bits of the hash in its name.
fn key(template: &str) -> String {
    let digits = template.trim_start_matches("brant_template_");
    format!("x'{}'::bigint", &digits[..16])
}
