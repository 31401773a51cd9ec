//! SQLite: a template file for each set of migrations, and a copy of it for each test.
//!
//! A folder of this user's holds the templates (`HASH.db`), a folder for each process (`p-OWNER`) with the files of its
//! tests, and `lock`. A process holds a lock on `p-OWNER/alive`, which ends with it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::fingerprint::fingerprint;
use super::keeper::{Made, OWNER, Place, new_number};
use super::server;
use crate::{Error, Migrator};

/// A template that nobody used for so long is removed.
const TEMPLATE_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Where test databases are made.
pub(super) struct Files {
    home: Option<Home>,
}

/// The folders in use.
struct Home {
    /// All processes'.
    shared: PathBuf,
    /// This process's.
    own: PathBuf,
    /// Says that it lives.
    _alive: File,
}

impl Files {
    pub(super) fn new() -> Self {
        Self { home: None }
    }
}

#[async_trait]
impl Place for Files {
    async fn make(&mut self, migrator: &Migrator) -> Result<Made, Error> {
        let home = match &mut self.home {
            Some(home) => home,
            none => none.insert(Home::new().map_err(|error| unusable(&error))?),
        };
        let template = home.template(migrator).await?;
        let file = home.own.join(new_number().to_string()).join("test.db");
        copy(&template, &file).map_err(|error| unusable(&error))?;
        let name = file.display().to_string();
        Ok(Made { url: format!("sqlite:{name}"), name })
    }

    async fn drop(&mut self, name: &str) -> Result<(), Error> {
        // Whatever SQLite put beside the file goes too.
        let folder = Path::new(name).parent().unwrap_or(Path::new(name));
        fs::remove_dir_all(folder).map_err(|error| unusable(&error))
    }
}

impl Home {
    fn new() -> io::Result<Self> {
        let shared = shared_folder()?;
        let own = shared.join(format!("p-{:016x}", *OWNER));
        // A folder that nobody has locked yet must not be taken for a dead process's.
        let _lock = locked(&shared)?;
        fs::create_dir_all(&own)?;
        let alive = File::create(own.join("alive"))?;
        alive.lock()?;
        Ok(Self { shared, own, _alive: alive })
    }

    /// The path of a template of these migrations that is ready. It stays for a day at least.
    async fn template(&self, migrator: &Migrator) -> Result<PathBuf, Error> {
        let template = self.shared.join(format!("{}.db", fingerprint(migrator, "sqlite")?));
        let _lock = locked(&self.shared).map_err(|error| unusable(&error))?;
        if !template.exists() {
            self.make_template(&template, migrator).await?;
        }
        let now = SystemTime::now();
        let used = File::options().write(true).open(&template).and_then(|file| file.set_modified(now));
        used.and_then(|()| self.sweep(now)).map_err(|error| unusable(&error))?;
        Ok(template)
    }

    async fn make_template(&self, template: &Path, migrator: &Migrator) -> Result<(), Error> {
        let making = tempfile::tempdir_in(&self.own).map_err(|error| unusable(&error))?;
        let file = making.path().join("making.db");
        // Without any migrations it stays empty, as a database may.
        File::create(&file).map_err(|error| unusable(&error))?;
        server::migrate("sqlite", &format!("sqlite:{}", file.display()), migrator).await?;
        fs::rename(&file, template).map_err(|error| unusable(&error))
    }

    /// Removes what dead processes left, and old templates.
    fn sweep(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(&self.shared)?.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // What can't be removed now is left to the next.
            if name.starts_with("p-") && path != self.own && is_dead(&path) {
                let _ = fs::remove_dir_all(&path);
            } else if name.ends_with(".db") && is_old(&entry, now) {
                let _ = fs::remove_file(&path);
            }
        }
        Ok(())
    }
}

fn is_dead(home: &Path) -> bool {
    let alive = File::options().write(true).open(home.join("alive"));
    alive.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |file| file.try_lock().is_ok())
}

fn is_old(entry: &fs::DirEntry, now: SystemTime) -> bool {
    let used = entry.metadata().and_then(|file| file.modified());
    used.is_ok_and(|used| now.duration_since(used).is_ok_and(|age| age > TEMPLATE_LIFE))
}

/// Waits for its turn: only one process at a time makes templates or removes things.
fn locked(shared: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(shared.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn copy(template: &Path, file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::copy(template, file).map(drop)
}

/// A folder that nobody but this user can read or put links into.
fn shared_folder() -> io::Result<PathBuf> {
    let mut folder = std::env::temp_dir();
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
        let user = tempfile::tempfile()?.metadata()?.uid();
        folder.push(format!("brant-test-{user}"));
        match builder.mode(0o700).create(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
        let found = fs::symlink_metadata(&folder)?;
        if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
            let reason = format!("`{}` is not a folder that only you can read: remove it", folder.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
    }
    #[cfg(not(unix))]
    {
        // The folder for temporary files is a user's own here.
        folder.push("brant-test");
        builder.recursive(true).create(&folder)?;
    }
    Ok(folder)
}

fn unusable(error: &io::Error) -> Error {
    Error::config(format!("the folder for test databases cannot be used: {error}"))
}
