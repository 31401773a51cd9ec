//! Commands of the servers' own command-line clients, which are not SQL: what to do in their place.
//!
//! Sources: PostgreSQL, "psql", Meta-Commands, and "COPY"; MySQL Reference Manual, "mysql Client Commands".

/// The message for a backslash outside of strings and comments, which begins `rest`. `None` if it may stand there.
pub(super) fn backslash_command(rest: &str, is_mysql_client: bool) -> Option<String> {
    let name: String = rest.chars().take_while(|c| !c.is_whitespace()).take(20).collect();
    let second = name.chars().nth(1);
    if is_mysql_client {
        return match second {
            // `\N` is another way to write NULL.
            Some('N') => None,
            Some('g' | 'G') => {
                Some(client_message(&name[..2], "the mysql client", "end the statement with a semicolon"))
            }
            Some('.') => Some(source_command()),
            _ => Some(client_message(&name, "the mysql client", "remove it")),
        };
    }
    Some(client_message(&name, "psql", psql_advice(&name)))
}

/// The message for the mysql client's `source`.
pub(super) fn source_command() -> String {
    client_message("source", "the mysql client", "put the SQL of that file in this one")
}

/// The message for `COPY … FROM STDIN`.
pub(super) fn copy_data() -> String {
    "COPY … FROM STDIN takes its rows from a client, and they cannot stand in a migration: write them as INSERT \
     statements"
        .to_owned()
}

/// The message for a `DELIMITER` command that sets none.
pub(super) fn delimiter_missing() -> String {
    "DELIMITER must be followed by the delimiter to use, as in DELIMITER //".to_owned()
}

/// The message for a `DELIMITER` command whose delimiter would also be an escape.
pub(super) fn delimiter_has_backslash() -> String {
    "a delimiter cannot contain a backslash, which escapes characters: choose another, as in DELIMITER //"
        .to_owned()
}

fn client_message(command: &str, client: &str, advice: &str) -> String {
    format!("`{command}` is a command of {client}, and brant is not {client}: {advice}")
}

fn psql_advice(name: &str) -> &'static str {
    match name {
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => "put the SQL of that file in this one",
        "\\c" | "\\connect" => "remove it, for a migration runs on the database that brant is connected to",
        "\\copy" => "write the rows as INSERT statements",
        "\\." => "write the rows of the COPY above as INSERT statements",
        "\\g" | "\\gx" => "end the statement with a semicolon",
        "\\gexec" => "use a DO block with EXECUTE",
        "\\set" | "\\gset" | "\\getenv" | "\\prompt" => "use environment substitution for variables",
        "\\if" | "\\elif" | "\\else" | "\\endif" => "use a DO block with IF",
        "\\restrict" | "\\unrestrict" => "remove it, for pg_dump writes it for psql alone",
        _ => "remove it",
    }
}
