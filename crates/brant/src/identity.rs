//! Where this runs, for the journal.

/// The machine's name, where the system tells it without further ado.
pub(crate) fn host() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    told.unwrap_or_else(|| "unknown".to_owned())
}
