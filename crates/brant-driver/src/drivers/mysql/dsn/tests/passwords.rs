//! Tables of passwords that are hard to read.

use super::{Dsn, brief};

/// The password that is read out of a form with this one in it; everything around it must be read as well.
fn read_back(form: &str, password: &str) -> Result<String, String> {
    Dsn::parse(&form.replace("PASSWORD", password)).map(|dsn| {
        assert!(!dsn.redacted.contains(password), "{}", dsn.redacted);
        assert_eq!(brief(&dsn).replace(dsn.password.expose(), "*"), "u|*|tcp h.example 3306|d");
        dsn.password.expose().to_owned()
    })
}

#[test]
fn passwords_need_no_escapes_where_one_reading_makes_sense() {
    let table = [
        "p@ss",
        "p:ss",
        "p/ss",
        "p#ss",
        "p?ss",
        "p%ss",
        "p%",
        "p%4",
        "100%",
        "p ss",
        " p ",
        "p'ss",
        "p\"ss",
        "p`ss",
        "p&ss",
        "p=ss",
        "p+ss",
        "p;ss",
        "p,ss",
        "p\\ss",
        "p(ss",
        "p)ss",
        "p(s)s",
        "p[ss]",
        "p{ss}",
        "p<ss>",
        "p|ss",
        "p^ss",
        "p~ss",
        "p!ss",
        "p$ss",
        "$PATH",
        "p*ss",
        "Größe",
        "密碼",
        "пароль",
        "🔑x",
        "@ss",
        "p@",
        "p@@q",
        "/ss",
        "p//q",
        "?ss",
        ":ss",
        "p:3306",
        "p@h/x",
        "p@h:1",
        "p?k=v",
        "p@s?s",
        "p@s/t?x",
        "#",
        "p/q?r",
        "tcp(x)",
        "@tcp(x",
    ];
    let forms = [
        "mysql://u:PASSWORD@h.example/d",
        "mysql://u:PASSWORD@h.example:3306/d?parseTime=true",
        "u:PASSWORD@tcp(h.example)/d",
        "u:PASSWORD@tcp(h.example:3306)/d?parseTime=true&loc=UTC",
        "mysql://u:PASSWORD@tcp(h.example)/d",
    ];
    for password in table {
        for form in forms {
            assert_eq!(read_back(form, password).as_deref(), Ok(password), "{form}");
        }
    }
}

#[test]
fn escapes_are_for_urls_alone() {
    let table = [
        ("p%40ss", "p@ss"),
        ("p%3Ass", "p:ss"),
        ("p%2fss", "p/ss"),
        ("p%23ss", "p#ss"),
        ("p%3Fss", "p?ss"),
        ("p%25ss", "p%ss"),
        ("p%2540ss", "p%40ss"),
        ("p%20ss", "p ss"),
        ("p%C3%BC", "pü"),
        ("p+ss", "p+ss"),
        ("a%40b@c", "a@b@c"),
    ];
    for (written, password) in table {
        for form in ["mysql://u:PASSWORD@h.example/d", "mysql://u:PASSWORD@tcp(h.example)/d"] {
            assert_eq!(read_back(form, written).as_deref(), Ok(password), "{form}");
        }
        assert_eq!(read_back("u:PASSWORD@tcp(h.example)/d", written).as_deref(), Ok(written));
    }
}

#[test]
fn where_it_is_ambiguous_the_escape_is_named() {
    let where_it_ends = "it is not clear where the password ends: in it write `/` as `%2F`, `?` as `%3F`, `#` as `%23` \
                         and `@` as `%40` (`@` in a parameter too)";
    let no_text =
        "the password holds a `%` that reads as an escape of something that is no text: write it as `%25`";
    let table = [
        ("mysql://u:secret@h/x?k=v@h/d", where_it_ends),
        ("mysql://u:secret@h:1/x?k=v&x=@h/d", where_it_ends),
        ("mysql://u:p@h/d?x=secret@h2/e", where_it_ends),
        ("mysql://u:secret%ff@h/d", no_text),
        ("mysql://u:secret%ff@tcp(h)/d", no_text),
        ("mysql://u%ff:secret@h/d", &no_text.replace("password", "user")),
    ];
    for (text, expected) in table {
        assert_eq!(Dsn::parse(text).err().as_deref(), Some(expected), "{text}");
    }
    // What looks as if it were ambiguous.
    let table = [
        ("mysql://h/d?x=a@b", "||tcp h 3306|d"),
        ("mysql://h:3306/d?x=a@b", "||tcp h 3306|d"),
        ("mysql://u:p@h/d?x=a@b", "u|p|tcp h 3306|d"),
        ("mysql://u:12?x=y@h/d", "u|12?x=y|tcp h 3306|d"),
        ("mysql://u:p@s?a=b@h/d", "u|p@s?a=b|tcp h 3306|d"),
        ("mysql://u:p@h/d?x=concat(1)/2", "u|p|tcp h 3306|d"),
    ];
    for (text, expected) in table {
        assert_eq!(Dsn::parse(text).map(|dsn| brief(&dsn)).as_deref(), Ok(expected), "{text}");
    }
}
