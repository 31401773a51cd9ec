//! Without this, the compiler would not see that a migration was added.

fn main() {
    brant_build::rebuild_on_change("migrations");
}
