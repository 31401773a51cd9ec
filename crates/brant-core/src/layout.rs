//! How a tool lays out its history table, as neutral data that every dialect can render.

/// The columns of a history table.
///
/// ```
/// use brant_core::HistoryLayout;
/// const GOOSE: HistoryLayout = HistoryLayout {
///     default_table: "goose_db_version",
///     id: "id",
///     version: "version_id",
///     applied: "is_applied",
///     time: "tstamp",
/// };
/// assert_eq!(GOOSE.version, "version_id");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLayout {
    /// The table's name when the user gives none.
    pub default_table: &'static str,
    /// Ascending number of the row: the order in which things were applied.
    pub id: &'static str,
    /// The migration's version.
    pub version: &'static str,
    /// Whether the row says applied (true) or, in very old tables, reverted (false).
    pub applied: &'static str,
    /// When the row was written, by the server's clock.
    pub time: &'static str,
}
