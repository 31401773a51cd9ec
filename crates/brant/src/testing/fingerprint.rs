//! What tells two sets of migrations apart, so that a template is made for each.

use sha2::{Digest as _, Sha256};

use crate::{Error, Migrator};

/// 32 hexadecimal digits that depend on everything which decides what a migrated database looks like, and on where it
/// is to be.
pub(super) fn fingerprint(migrator: &Migrator, place: &str) -> Result<String, Error> {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(place.as_bytes());
    for setting in migrator.settings.deciding() {
        add(setting.as_bytes());
    }
    for migration in migrator.migrations.migrations() {
        add(migration.file_name().as_bytes());
        match migrator.migrations.content(&migration)? {
            Some(content) => add(&content),
            None => add(program().as_bytes()),
        }
    }
    Ok(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// Stands for code whose text is not known: it can only change when the program is built anew.
fn program() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    file.map(|file| format!("{} {:?}", file.len(), file.modified().ok())).unwrap_or_default()
}
