//! For the build script of a program that embeds migrations with `brant::embed!`.
//!
//! The compiler sees when an embedded file changes, but not that one was added. With this in `build.rs` it does:
//!
//! ```no_run
//! brant_build::rebuild_on_change("migrations");
//! ```

use std::path::Path;

/// Has cargo build the package again when a file of the directory is added, changed or removed.
///
/// The directory is named as for `brant::embed!`: relative to the folder of `Cargo.toml`.
///
/// # Panics
///
/// When there is no such directory, so that the build ends with words about it.
#[expect(clippy::print_stdout, reason = "cargo reads what build scripts print")]
pub fn rebuild_on_change(dir: impl AsRef<Path>) {
    let dir = dir.as_ref();
    assert!(
        dir.is_dir(),
        "brant_build::rebuild_on_change: there is no directory `{}` beside Cargo.toml",
        dir.display()
    );
    println!("cargo:rerun-if-changed={}", dir.display());
}
