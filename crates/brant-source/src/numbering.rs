//! Two ways to number migrations: by the time of their making, and one after the other.

use brant_core::{Migration, Version};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How a new migration gets its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// The time in UTC: `20260131120000`.
    #[default]
    Timestamp,
    /// The highest sequential version plus one: `00007`.
    Sequential,
}

/// The time in UTC as a version is written.
pub(crate) fn timestamp(now: Timestamp) -> String {
    let t = TimeZone::UTC.to_datetime(now);
    let (date, time) = (t.date(), t.time());
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// A sequential version as it is written: at least five digits.
pub(crate) fn sequential(version: i64) -> String {
    format!("{version:05}")
}

/// A version that is a date and a time of day after 1970-01-01 00:00:00. All others count as sequential.
pub(crate) fn is_timestamp(version: Version) -> bool {
    let n = version.0;
    let part = |divisor: i64, modulus: i64| i8::try_from(n / divisor % modulus).ok();
    let (Some(month), Some(day), Some(hour), Some(minute), Some(second)) =
        (part(100_000_000, 100), part(1_000_000, 100), part(10_000, 100), part(100, 100), part(1, 100))
    else {
        return false;
    };
    i16::try_from(n / 10_000_000_000)
        .ok()
        .filter(|year| (1000..=9999).contains(year))
        .and_then(|year| DateTime::new(year, month, day, hour, minute, second, 0).ok())
        .is_some_and(|t| t > DateTime::constant(1970, 1, 1, 0, 0, 0, 0))
}

/// The highest sequential version, or 0.
pub(crate) fn highest_sequential(migrations: &[Migration]) -> i64 {
    migrations.iter().map(|m| m.version).filter(|v| !is_timestamp(*v)).max().map_or(0, |v| v.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_told_from_numbers() {
        for (version, expected) in [
            (1, false),
            (99_999, false),
            (2_024_010_112_000, false), // thirteen digits
            (20_240_101_120_000, true),
            (19_700_101_000_000, false), // must be after that
            (19_700_101_000_001, true),
            (19_690_720_201_740, false),
            (20_241_301_000_000, false), // month 13
            (20_240_230_000_000, false), // 30 February
            (20_240_229_235_959, true),
            (20_230_229_000_000, false),
            (20_240_101_240_000, false),
            (20_240_101_236_000, false),
            (20_240_101_235_960, false),
            (99_991_231_235_959, true),
            (202_401_011_200_000, false), // fifteen digits
            (i64::MAX, false),
        ] {
            assert_eq!(is_timestamp(Version(version)), expected, "{version}");
        }
    }

    #[test]
    fn versions_are_written_with_leading_zeros() {
        assert_eq!(sequential(7), "00007");
        assert_eq!(sequential(1_234_567), "1234567");
        let t: Timestamp = "2026-03-04T05:06:07.9+02:00".parse().unwrap();
        assert_eq!(timestamp(t), "20260304030607");
    }
}
