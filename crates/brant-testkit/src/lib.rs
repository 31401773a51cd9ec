//! Throwaway servers and databases for brant's own tests.
//!
//! One call gives one fresh, empty database that is dropped at the end of the test:
//!
//! ```no_run
//! let db = brant_testkit::postgres();
//! db.sql("CREATE TABLE t (id int)").unwrap();
//! assert!(db.schema().contains("CREATE TABLE public.t"));
//! ```
//!
//! and [`each_engine`] runs one body of test on every engine. Expectations are checked through the
//! database's own client program ([`TestDatabase::sql`], [`TestDatabase::schema`]), never through
//! the code under test.
//!
//! **Servers.** There is one PostgreSQL and one MariaDB server per folder of servers
//! (see [`server`]): the folder that `./test` made for its run, or one per user for a plain
//! `cargo test`. The first test process that needs a server starts it; a small watchdog ends it
//! when no test process has been there for a while. A server that can't be had makes the test
//! fail, unless `BRANT_TEST_ENGINES` (for example `sqlite,postgres`) leaves that engine out. MySQL's own
//! server is only there with `./test --soak`, or where that variable names it: it has to be fetched.
//!
//! Needed programs: `sh`, `flock` and `setpriv` (util-linux), `sqlite3`, PostgreSQL's server and
//! client programs, `pgbouncer`, `openssl`, MariaDB's server and client programs.

mod binary;
mod certificates;
mod client;
mod database;
mod engine;
mod pooler;
mod process;
pub mod proxy;
mod redact;
pub mod server;
mod session;

pub use binary::{Brant, Output, Running};
pub use certificates::Certificates;
pub use database::{TestDatabase, mariadb, mysql, postgres, sqlite};
pub use engine::{Engine, Product, each_engine, each_of, engines, is_soak, products};
pub use pooler::{Pooler, pgbouncer};
pub use process::{Signal, kill_after, signal};
pub use proxy::Proxy;
pub use redact::Redactor;
pub use server::{PrivateServer, Server, ServerOptions};
pub use session::Session;
