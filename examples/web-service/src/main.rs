//! A web service that brings its database up to date when it starts.
//!
//! Any number of replicas may start at once: one migrates, the others wait for it and find nothing left to do. A replica
//! of an older release, started while a newer one has migrated already, keeps serving: its database is *ahead* of it.
//!
//! ```sh
//! DATABASE_URL=postgres://me@localhost/app LISTEN=127.0.0.1:8080 cargo run -p web-service
//! ```
#![allow(clippy::print_stdout, reason = "a program's own output")]

use axum::extract::State;
use axum::routing::get;
use axum::{Router, http::StatusCode};
use brant::{Compatibility, Migrator};
use sqlx::PgPool;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> brant::Result<()> {
    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    migrate(&pool).await?;
    let listener = TcpListener::bind(std::env::var("LISTEN")?).await?;
    println!("listening on {}", listener.local_addr()?);
    let routes = Router::new().route("/", get(visit)).with_state(pool);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn migrate(pool: &PgPool) -> brant::Result<()> {
    let migrator = Migrator::new(brant::embed!("migrations"));
    let database = brant_sqlx::postgres(pool);
    match migrator.compatibility(&database).await? {
        Compatibility::UpToDate => println!("the database is up to date"),
        Compatibility::Ahead(newer) => {
            let n_newer = newer.len();
            println!("a newer release was here: it has applied {n_newer} more");
        }
        Compatibility::Pending(_) => {
            let report = migrator.up(&database).await?;
            println!("applied {} migrations", report.steps.len());
        }
        other => return Err(format!("this release and its database don't fit together: {other:?}").into()),
    }
    Ok(())
}

/// Counts itself.
async fn visit(State(pool): State<PgPool>) -> Result<String, StatusCode> {
    let visits = sqlx::query_scalar::<_, i64>(
        "WITH this AS (INSERT INTO visits (path) VALUES ('/') RETURNING 1) SELECT count(*) + 1 FROM visits, this",
    );
    let count = visits.fetch_one(&pool).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(format!("visit number {count}\n"))
}
