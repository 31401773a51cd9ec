//! Tables of connection strings.

use std::time::Duration;

use super::super::tls::Mode;
use super::*;

mod passwords;

/// `user|password|address|database`, to keep the table readable.
fn brief(dsn: &Dsn) -> String {
    let address = match &dsn.address {
        Address::Tcp { host, port, family } => {
            let family = match family {
                Family::Any => "tcp",
                Family::V4 => "tcp4",
                Family::V6 => "tcp6",
            };
            format!("{family} {host} {port}")
        }
        Address::Unix(path) => format!("unix {path}"),
        Address::Unknown(network) => format!("unknown {network}"),
    };
    let database = dsn.database.as_deref().unwrap_or("-");
    format!("{}|{}|{address}|{database}", dsn.user, dsn.password.expose())
}

#[test]
fn the_parts_are_found() {
    let table = [
        ("", "||tcp 127.0.0.1 3306|-"),
        ("/", "||tcp 127.0.0.1 3306|-"),
        ("/d", "||tcp 127.0.0.1 3306|d"),
        ("u@/d", "u||tcp 127.0.0.1 3306|d"),
        ("u:p@/d", "u|p|tcp 127.0.0.1 3306|d"),
        ("u:@/d", "u||tcp 127.0.0.1 3306|d"),
        (":p@/d", "|p|tcp 127.0.0.1 3306|d"),
        ("u@tcp/d", "u||tcp 127.0.0.1 3306|d"),
        ("u@tcp()/d", "u||tcp 127.0.0.1 3306|d"),
        ("u@tcp(h)/d", "u||tcp h 3306|d"),
        ("u@tcp(h:)/d", "u||tcp h 3306|d"),
        ("u@tcp(:3307)/d", "u||tcp 127.0.0.1 3307|d"),
        ("u@tcp(h:3307)/d", "u||tcp h 3307|d"),
        ("u@(h:3307)/d", "u||tcp h 3307|d"),
        ("tcp(h)/d", "||tcp h 3306|d"),
        ("u@tcp4(h:1)/d", "u||tcp4 h 1|d"),
        ("u@tcp6([::1]:1)/d", "u||tcp6 ::1 1|d"),
        ("u@tcp([::1]:3307)/d", "u||tcp ::1 3307|d"),
        ("u@tcp([::1])/d", "u||tcp ::1 3306|d"),
        ("u@tcp(::1)/d", "u||tcp ::1 3306|d"),
        ("u@unix/d", "u||unix /tmp/mysql.sock|d"),
        ("u@unix()/d", "u||unix /tmp/mysql.sock|d"),
        ("u@unix(/run/mysqld/mysqld.sock)/d", "u||unix /run/mysqld/mysqld.sock|d"),
        ("unix(/s)/d", "||unix /s|d"),
        ("root@foo(x)/y", "root||unknown foo|y"),
        ("u:p@ss@tcp(h)/d", "u|p@ss|tcp h 3306|d"),
        ("u:p:q@tcp(h)/d", "u|p:q|tcp h 3306|d"),
        ("u:p/q@tcp(h)/d", "u|p/q|tcp h 3306|d"),
        ("u:p%2Fq@tcp(h)/d", "u|p%2Fq|tcp h 3306|d"),
        ("u:p(q)@tcp(h)/d", "u|p(q)|tcp h 3306|d"),
        ("u:@/:@tcp(h)/d", "u|@/:|tcp h 3306|d"),
        ("u@tcp(h)/no%2Fdb", "u||tcp h 3306|no/db"),
        ("u@tcp(h)/d+e", "u||tcp h 3306|d+e"),
        ("u@tcp(h)/d?", "u||tcp h 3306|d"),
        ("u@tcp(h)/?parseTime=true", "u||tcp h 3306|-"),
        ("u@h@tcp(h)/d", "u@h||tcp h 3306|d"),
        ("mysql://u:p@h:3307/d", "u|p|tcp h 3307|d"),
        ("mysql://u:p@h/d?parseTime=true", "u|p|tcp h 3306|d"),
        ("mysql://u@h", "u||tcp h 3306|-"),
        ("mysql://h/d", "||tcp h 3306|d"),
        ("mysql:///d", "||tcp 127.0.0.1 3306|d"),
        ("mysql://u:p%40%2F%3A@h/d%20e", "u|p@/:|tcp h 3306|d e"),
        ("mysql://u%40x:p@h/d", "u@x|p|tcp h 3306|d"),
        ("mysql://u:p@ss@h/d", "u|p@ss|tcp h 3306|d"),
        ("mysql://u:p@[::1]:3307/d", "u|p|tcp ::1 3307|d"),
        ("mysql://u:p@h/d?sql_mode=@@x", "u|p|tcp h 3306|d"),
        ("mysql://u:p@localhost/d?socket=/run/s.sock", "u|p|unix /run/s.sock|d"),
        ("mysql://u:p@tcp(h:3307)/d", "u|p|tcp h 3307|d"),
        ("mysql://u:p%40x@tcp(h:3307)/d?parseTime=true", "u|p@x|tcp h 3307|d"),
        ("mysql://u@unix(/s)/d", "u||unix /s|d"),
    ];
    for (text, expected) in table {
        match Dsn::parse(text) {
            Ok(dsn) => assert_eq!(brief(&dsn), expected, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn malformed_strings_are_refused_in_the_known_words() {
    let table = [
        ("root@tcp(127.0.0.1:1/x", "invalid DSN: network address not terminated (missing closing brace)"),
        ("root@tcp(127.0.0.1:1)", "invalid DSN: missing the slash separating the database name"),
        ("x", "invalid DSN: missing the slash separating the database name"),
        ("root@127.0.0.1:1/x", "default addr for network '127.0.0.1:1' unknown"),
        ("root@foo/x", "default addr for network 'foo' unknown"),
        ("root:secret/x", "default addr for network 'root:***' unknown"),
        ("u@tcp(h)/d?loc=US/Pacific", "invalid DSN: did you forget to escape a param value?"),
        ("u@tcp(h)/d%zz", "invalid dbname \"d%zz\": invalid URL escape \"%zz\""),
        ("u@tcp(h:x)/d", "invalid port in the address `h:x`"),
        ("u@tcp(h:99999)/d", "invalid port in the address `h:99999`"),
        ("mysql://u:p/q@h:x/d", "invalid port in the address `h:x`"),
        ("mysql://u@h/d%zz", "invalid URL escape \"%zz\" in the database name"),
        ("mysql://u:secret", "invalid port, or `@HOST` is missing behind the password"),
        ("/d?parseTime=x", "invalid bool value: x"),
        ("/d?multiStatements=yes", "invalid bool value: yes"),
        ("/d?tls=nope", "invalid value / unknown config name: nope"),
        ("/d?loc=Nope", "unknown time zone Nope"),
        ("/d?loc=..%2Fpasswd", "unknown time zone ../passwd"),
        ("/d?timeout=5", "time: missing unit in duration \"5\""),
        ("/d?readTimeout=x", "time: invalid duration \"x\""),
        ("/d?writeTimeout=5s", "`writeTimeout` is not supported without `readTimeout`"),
        ("/d?timeTruncate=5", "time: missing unit in duration \"5\""),
        ("/d?allowNativePasswords=false", "`allowNativePasswords=false` is not supported"),
        ("/d?allowOldPasswords=1", "`allowOldPasswords=1` is not supported"),
        ("/d?allowAllFiles=true", "`allowAllFiles=true` is not supported"),
        ("/d?serverPubKey=k", "`serverPubKey=k` is not supported"),
        ("/d?strict=true", "`strict` has been removed: set sql_mode instead"),
        ("/d?maxAllowedPacket=x", "invalid maxAllowedPacket: x"),
        ("/d?charset=utf8;x", "invalid character set or collation: utf8;x"),
        ("/d?collation=", "invalid character set or collation: "),
        ("/d?connectionAttributes=x", "invalid connectionAttributes value: x"),
        ("/d?sql_mode=%zz", "invalid URL escape \"%zz\""),
        ("/d?parseTime", "a parameter has no value: write key=value"),
    ];
    for (text, expected) in table {
        assert_eq!(Dsn::parse(text).err().as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn harmless_parameters_set_nothing() {
    let table = [
        "",
        "&",
        "parseTime=true",
        "multiStatements=true&parseTime=True",
        "tls=false",
        "tls=0",
        "loc=UTC",
        "loc=Local",
        "loc=",
        "timeout=0",
        "allowNativePasswords=true",
        "allowCleartextPasswords=false&allowOldPasswords=FALSE&allowFallbackToPlaintext=0",
        "clientFoundRows=true&columnsWithAlias=true&interpolateParams=1&rejectReadOnly=true",
        "compress=false&allowAllFiles=False&allowCleartextPasswords=false",
        "checkConnLiveness=false&timeTruncate=1us&maxAllowedPacket=0",
    ];
    for parameters in table {
        assert_eq!(Options::parse(parameters), Ok(Options::default()), "{parameters}");
    }
}

#[test]
fn switches_are_read() {
    let table = [
        ("tls=true", Options { tls: Mode::Verify, ..Options::default() }),
        ("tls=1", Options { tls: Mode::Verify, ..Options::default() }),
        ("tls=True&tls=false", Options::default()),
        ("tls=skip-verify", Options { tls: Mode::SkipVerify, ..Options::default() }),
        ("tls=skip%2Dverify", Options { tls: Mode::SkipVerify, ..Options::default() }),
        ("tls=preferred", Options { tls: Mode::Preferred, ..Options::default() }),
        ("tls=custom", Options { tls: Mode::Custom, ..Options::default() }),
        ("allowCleartextPasswords=1", Options { cleartext: true, ..Options::default() }),
        ("allowFallbackToPlaintext=TRUE", Options { may_fall_back: true, ..Options::default() }),
        ("compress=true", Options { compress: true, ..Options::default() }),
    ];
    for (parameters, expected) in table {
        assert_eq!(Options::parse(parameters), Ok(expected), "{parameters}");
    }
}

/// The files that come with the next table.
fn files(authorities: &str, certificate: &str, key: &str) -> TlsFiles {
    let path = |name: &str| (!name.is_empty()).then(|| name.into());
    TlsFiles { authorities: path(authorities), client_certificate: path(certificate), client_key: path(key) }
}

#[test]
fn what_tls_needs_is_asked_for() {
    let none = files("", "", "");
    let optional =
        "`allowCleartextPasswords=true` needs TLS that is not optional: add `tls=true`, or `-certfile FILE`";
    let socket = "TLS over a socket is not supported, and not needed: nobody can listen there";
    let table = [
        ("/d", &none, ""),
        ("/d?tls=true", &none, ""),
        ("/d?tls=preferred&allowFallbackToPlaintext=true", &none, ""),
        ("/d?tls=true&allowCleartextPasswords=true", &none, ""),
        ("/d?tls=skip-verify&allowCleartextPasswords=true", &none, ""),
        ("unix(/s)/d?allowCleartextPasswords=true", &none, ""),
        ("unix(/s)/d?tls=preferred", &none, ""),
        ("unix(/s)/d?tls=skip-verify", &none, ""),
        ("unix(/s)/d?tls=true", &none, socket),
        ("mysql://u@h/d?socket=/s&tls=true", &none, socket),
        ("/d?allowCleartextPasswords=true", &none, optional),
        ("/d?allowCleartextPasswords=true&tls=preferred", &none, optional),
        ("/d?allowCleartextPasswords=true&tls=true&allowFallbackToPlaintext=true", &none, optional),
        ("/d?tls=custom", &none, "`tls=custom` needs `-certfile FILE` with the authority's certificate"),
        ("/d", &files("/no/ca", "", ""), "`-certfile`: `/no/ca`: No such file or directory (os error 2)"),
        (
            "/d?tls=true",
            &files("Cargo.toml", "", ""),
            "`-certfile`: `Cargo.toml`: no certificate in it (PEM)",
        ),
        ("/d", &files("/no/ca", "c", ""), "`-ssl-cert` needs `-ssl-key FILE` too"),
        ("/d", &files("", "", "k"), "`-ssl-key` needs `-ssl-cert FILE` too"),
        (
            "/d?tls=true",
            &files("", "/no/c", "/no/k"),
            "`-ssl-cert`: `/no/c`: No such file or directory (os error 2)",
        ),
    ];
    for (text, files, expected) in table {
        let outcome = Dsn::parse(text).expect(text).secure(files, &Environment::new());
        assert_eq!(outcome.err().unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn known_time_zones_are_accepted() {
    if std::path::Path::new("/usr/share/zoneinfo/Europe/Berlin").is_file() {
        assert_eq!(Options::parse("loc=Europe%2FBerlin"), Ok(Options::default()));
        assert!(Options::parse("loc=Europe").is_err(), "a folder is not a zone");
    }
}

#[test]
fn bounds_are_read() {
    let options = Options::parse("timeout=5s&readTimeout=1m&writeTimeout=500ms&maxAllowedPacket=4096");
    let expected = Options {
        connect_timeout: Some(Duration::from_secs(5)),
        read_timeout: Some(Duration::from_secs(60)),
        write_timeout: Some(Duration::from_millis(500)),
        max_packet: Some(4096),
        ..Options::default()
    };
    assert_eq!(options, Ok(expected));
    let attributes = Options::parse("connectionAttributes=a:b,c:d%2Ce:f").map(|options| options.attributes);
    let pairs = [("a", "b"), ("c", "d"), ("e", "f")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(attributes, Ok(pairs.to_vec()));
}

#[test]
fn session_variables_are_set_in_one_command() {
    let table = [
        ("", None),
        ("nosuchvar=1", Some("SET nosuchvar = 1")),
        ("sql_mode=%27ANSI%27&lock_wait_timeout=5", Some("SET sql_mode = 'ANSI', lock_wait_timeout = 5")),
        ("time_zone=%27%2B00%3A00%27", Some("SET time_zone = '+00:00'")),
        ("a=1&b=2&a=3", Some("SET b = 2, a = 3")),
        ("a%20b=1+2", Some("SET a%20b = 1 2")),
        ("socket=x", Some("SET socket = x")),
    ];
    for (parameters, expected) in table {
        let command = Options::parse(parameters).map(|options| options.set_variables());
        assert_eq!(command, Ok(expected.map(str::to_owned)), "{parameters}");
    }
}

#[test]
fn character_sets_are_tried_in_order() {
    let table: [(&str, &[&str]); 4] = [
        ("charset=utf8mb4", &["SET NAMES utf8mb4"]),
        ("charset=nope,utf8mb4", &["SET NAMES nope", "SET NAMES utf8mb4"]),
        ("charset=utf8mb4&collation=utf8mb4_bin", &["SET NAMES utf8mb4 COLLATE utf8mb4_bin"]),
        ("collation=latin1_swedish_ci", &["SET NAMES latin1 COLLATE latin1_swedish_ci"]),
    ];
    for (parameters, expected) in table {
        let commands = Options::parse(parameters).map(|options| options.set_names());
        assert_eq!(commands, Ok(expected.iter().map(|&text| text.to_owned()).collect()), "{parameters}");
    }
}

#[test]
fn passwords_are_masked() {
    let table = [
        ("u@tcp(h)/d", "u@tcp(h)/d"),
        ("u:@tcp(h)/d", "u:@tcp(h)/d"),
        ("u:secret@tcp(h)/d?parseTime=true", "u:***@tcp(h)/d?parseTime=true"),
        ("u:se@cr/et:@tcp(h)/d", "u:***@tcp(h)/d"),
        (":secret@/d", ":***@/d"),
        ("u:u@/u", "u:***@/u"),
        ("mysql://u:secret@h/d", "mysql://u:***@h/d"),
        ("mysql://u:se%40cret@h/d", "mysql://u:***@h/d"),
        ("mysql://u:se@cret@h:1/d", "mysql://u:***@h:1/d"),
        ("mysql://u:se?cret@h/d", "mysql://u:***@h/d"),
        ("mysql://u:secret@tcp(h)/d", "mysql://u:***@tcp(h)/d"),
        ("mysql://h/d", "mysql://h/d"),
    ];
    for (text, expected) in table {
        match Dsn::parse(text) {
            Ok(dsn) => {
                assert_eq!(dsn.redacted, expected, "{text}");
                assert!(!format!("{dsn:?}").contains("cret"), "{text}");
            }
            Err(error) => panic!("{text}: {error}"),
        }
    }
}
