//! Everything that `brant` does, with this application's migrations linked in:
//!
//! ```sh
//! cargo run -p own-cli -- sqlite3 shop.db up
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    brant_cli::main(brant::embed!("migrations"))
}
