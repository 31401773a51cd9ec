//! Prints what databases for tests cost, in milliseconds: `test_database_cost ADMIN_URL FOLDER ROUNDS`, where the folder
//! holds migrations. `bench/test_databases.py` runs it and sums up.

use std::error::Error;
use std::time::Instant;

use brant::driver::Access;
use brant::testing::TestDatabase;
use brant::{Database as _, Migrations, Migrator};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what it prints is what it is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, folder, rounds] = arguments.as_slice() else { return Err("ADMIN_URL FOLDER ROUNDS".into()) };
    let migrations = Migrations::from_dir(folder)?;
    let say = |what: &str, since: Instant| println!("{what} {}", since.elapsed().as_secs_f64() * 1000.0);
    let mut what = "first";
    for _ in 0..rounds.parse()? {
        // A database to use: made, connected to, and asked something.
        let begun = Instant::now();
        let database = TestDatabase::on(url, &migrations).await?;
        let mut connection = database.connect(Access::Write).await?;
        connection.query("SELECT count(*) FROM goose_db_version").await?;
        say(what, begun);
        connection.close().await;
        let begun = Instant::now();
        database.close().await?;
        say("drop", begun);

        let empty = TestDatabase::on(url, Migrations::new()).await?;
        let begun = Instant::now();
        Migrator::new(migrations.clone()).up(&empty).await?;
        say("migrate", begun);
        empty.close().await?;
        what = "next";
    }
    Ok(())
}
