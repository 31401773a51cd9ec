//! A desktop application: one file, one user, and releases that come years apart.
//!
//! ```sh
//! cargo run -p desktop -- notes.db "Buy milk"
//! ```
#![allow(clippy::print_stdout, reason = "a program's own output")]

use brant::{Compatibility, blocking::Migrator};
use rusqlite::Connection;

fn main() -> brant::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("desktop FILE [NOTE]")?;
    let mut connection = Connection::open(&file)?;
    migrate(&mut connection)?;
    if let Some(note) = arguments.next() {
        let title = note.lines().next().unwrap_or_default();
        connection.execute("INSERT INTO notes (title, text) VALUES (?, ?)", [title, &note])?;
    }
    let mut notes = connection.prepare("SELECT title FROM notes ORDER BY id")?;
    for title in notes.query_map([], |row| row.get::<_, String>(0))? {
        println!("- {}", title?);
    }
    Ok(())
}

/// A file of a newer release is left alone: an older program must not write what it does not understand.
fn migrate(connection: &mut Connection) -> brant::Result<()> {
    let migrator = Migrator::new(brant::embed!("migrations"));
    let database = brant_rusqlite::connection(connection);
    if let Compatibility::Ahead(_) = migrator.compatibility(&database)? {
        return Err("this file was written by a newer release of the application".into());
    }
    migrator.up(&database)?;
    Ok(())
}
