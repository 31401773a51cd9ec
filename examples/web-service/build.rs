//! Makes cargo see a migration that was added.

fn main() {
    brant_build::rebuild_on_change("migrations");
}
