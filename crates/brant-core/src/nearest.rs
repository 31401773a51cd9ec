//! "Did you mean …?"

/// The name that was probably meant: a typing error away from what was typed, or beginning with it.
#[must_use]
pub fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let allowed = match typed.len() {
        0 | 1 => 0,
        2 | 3 => 1,
        _ => 2,
    };
    let close = names.clone().map(|name| (distance(typed, name), name)).filter(|(d, _)| *d <= allowed).min();
    let mut longer = names.filter(|name| typed.len() >= 3 && name.starts_with(typed));
    close.map(|(_, name)| name).or_else(|| longer.next())
}

/// How many letters have to be added, removed or changed to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_errors_are_recognised() {
        let names = ["up", "up-by-one", "up-to", "status", "timeout", "s"];
        for (typed, meant) in [
            ("upp", Some("up")),
            ("stauts", Some("status")),
            ("up-by-on", Some("up-by-one")),
            ("time", Some("timeout")),
            ("rollback", None),
            ("nosuch", None),
            ("xyz", None),
        ] {
            assert_eq!(nearest(typed, names.into_iter()), meant, "{typed}");
        }
    }
}
