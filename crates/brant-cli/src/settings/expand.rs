//! `${VARIABLE}` in a connection string.

use crate::env::Environment;

/// Puts in the values of variables: `${NAME}`, `${NAME:-default}`; `$$` is a dollar sign, and so is any other `$`.
/// An empty variable counts as not set.
///
/// # Errors
///
/// What is wrong, without any value.
pub(crate) fn expand(text: &str, environment: &Environment) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("${") {
            let (inner, behind) = behind.split_once('}').ok_or("`${` without its `}`")?;
            expanded.push_str(value(inner, environment)?);
            rest = behind;
        } else {
            expanded.push('$');
            rest = rest.strip_prefix("$$").unwrap_or(&rest[1..]);
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn value<'a>(inner: &'a str, environment: &'a Environment) -> Result<&'a str, String> {
    let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, text)| (name, Some(text)));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err("`${…}` holds no name of a variable".to_owned());
    }
    environment.get(name).or(default).ok_or_else(|| format!("the variable `{name}` is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let environment = Environment::of(&[("USER_1", "anna"), ("EMPTY", ""), ("MONEY", "${USER_1}")]);
        for (text, expanded) in [
            ("postgres://${USER_1}@h/d", Ok("postgres://anna@h/d")),
            ("${USER_1}${USER_1}", Ok("annaanna")),
            ("${NOBODY:-otto}", Ok("otto")),
            ("${EMPTY:-otto}", Ok("otto")),
            ("${USER_1:-otto}", Ok("anna")),
            ("${NOBODY:-}", Ok("")),
            ("a$b $$c $", Ok("a$b $c $")),
            ("$${USER_1}", Ok("${USER_1}")),
            ("${MONEY}", Ok("${USER_1}")),
            ("ü${USER_1}ü", Ok("üannaü")),
            ("x ${NOBODY}", Err("the variable `NOBODY` is not set")),
            ("${EMPTY}", Err("the variable `EMPTY` is not set")),
            ("${USER_1", Err("`${` without its `}`")),
            ("${}", Err("`${…}` holds no name of a variable")),
            ("${a b}", Err("`${…}` holds no name of a variable")),
        ] {
            let told = expand(text, &environment);
            assert_eq!(told.as_deref().map_err(String::as_str), expanded, "{text}");
        }
    }
}
