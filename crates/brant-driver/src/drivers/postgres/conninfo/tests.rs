//! Connection strings, and what they mean or why they are refused.

use tokio_postgres::config::ChannelBinding;

use super::super::redact;
use super::super::role::Role;
use super::super::ssl::{Roots, SslMode};
use super::ConnInfo;
use crate::{Environment, ErrorKind};

/// All that is not as it is by default, in one line.
fn show(info: &ConnInfo) -> String {
    let mut items = Vec::new();
    for host in &info.hosts {
        let address = host.address.map(|address| format!("={address}")).unwrap_or_default();
        items.push(format!("{}{address}:{}", host.name, host.port));
    }
    let mut item =
        |name: &str, value: Option<String>| items.extend(value.map(|value| format!("{name}<{value}>")));
    item("user", info.user.clone().filter(|user| user != "me"));
    item("password", info.password.as_ref().map(|password| password.expose().to_owned()));
    item("db", info.database.clone().filter(|database| database != "me"));
    item("app", Some(info.application_name.clone()).filter(|name| name != "brant"));
    item("timeout", info.connect_timeout.map(|limit| format!("{limit:?}")));
    item("ssl", Some(info.ssl.mode).filter(|mode| *mode != SslMode::Prefer).map(|mode| format!("{mode:?}")));
    item(
        "roots",
        match &info.ssl.roots {
            Roots::Unchecked => None,
            Roots::File(file) => Some(file.display().to_string()),
            Roots::System { file: None, folder: None } => Some("system".to_owned()),
            Roots::System { file, folder } => Some(format!("system {file:?} {folder:?}")),
        },
    );
    item(
        "cert",
        info.ssl.client.as_ref().map(|client| {
            let password =
                client.key_password.as_ref().map(|word| format!(" {}", word.expose())).unwrap_or_default();
            format!("{} {}{password}", client.certificate.display(), client.key.display())
        }),
    );
    item("shown", info.ssl.must_show.then(|| "always".to_owned()));
    item("sni", (!info.ssl.sni).then(|| "off".to_owned()));
    item("direct", info.ssl.direct.then(|| "on".to_owned()));
    item("versions", Some(info.ssl.versions).filter(|v| *v != [true, true]).map(|v| format!("{v:?}")));
    let binding = Some(info.channel_binding).filter(|binding| *binding != ChannelBinding::Prefer);
    item("binding", binding.map(|binding| format!("{binding:?}")));
    item("role", Some(info.role).filter(|role| *role != Role::Any).map(|role| format!("{role:?}")));
    item("balance", info.balance.then(|| "on".to_owned()));
    let keepalives = &info.keepalives;
    item("keepalives", (!keepalives.on).then(|| "off".to_owned()));
    item("idle", Some(keepalives.idle.as_secs()).filter(|&idle| idle != 60).map(|idle| idle.to_string()));
    item("interval", keepalives.interval.map(|interval| format!("{interval:?}")));
    item("count", keepalives.count.map(|count| count.to_string()));
    item("user_timeout", keepalives.user_timeout.map(|timeout| format!("{timeout:?}")));
    item("options", info.options.clone());
    items.join(" ")
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let given = pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
    let user = ("USER".to_owned(), "me".to_owned());
    given.chain([user]).collect()
}

/// Accepted strings. `h` is a host, so that no row depends on the sockets of this machine.
const ACCEPTED: &[(&str, &str)] = &[
    // URLs
    ("postgres://h", "h:5432"),
    ("postgresql://h/", "h:5432"),
    ("POSTGRES://h/", "h:5432"),
    ("postgres://h:5433/shop", "h:5433 db<shop>"),
    ("postgres://u@h/shop", "h:5432 user<u> db<shop>"),
    ("postgres://u@h", "h:5432 user<u> db<u>"),
    ("postgres://u:pw@h/shop", "h:5432 user<u> password<pw> db<shop>"),
    ("postgres://u:@h/shop", "h:5432 user<u> db<shop>"),
    ("postgres://:pw@h", "h:5432 password<pw>"),
    ("postgres://u%40x:p%3A%2F%40%25@h/a%20b", "h:5432 user<u@x> password<p:/@%> db<a b>"),
    ("postgres://u:p@ss@h/shop", "h:5432 user<u> password<p@ss> db<shop>"),
    ("postgres://u:a:b@h/shop", "h:5432 user<u> password<a:b> db<shop>"),
    ("postgres://u:a#b@h/shop", "h:5432 user<u> password<a#b> db<shop>"),
    ("postgres://u:a+b@h/shop", "h:5432 user<u> password<a+b> db<shop>"),
    ("postgres://u:p%C3%A4@h/%C3%A4", "h:5432 user<u> password<pä> db<ä>"),
    ("postgres://h//shop", "h:5432 db<shop>"),
    ("postgres://a,b/shop", "a:5432 b:5432 db<shop>"),
    ("postgres://a:1,b:2/shop", "a:1 b:2 db<shop>"),
    ("postgres://a,b:2/shop", "a:5432 b:2 db<shop>"),
    ("postgres://[::1]:5433/shop", "::1:5433 db<shop>"),
    ("postgres://[::1]/shop", "::1:5432 db<shop>"),
    ("postgres://[::1],b:2/shop", "::1:5432 b:2 db<shop>"),
    ("postgres://::1/shop", "::1:5432 db<shop>"),
    ("postgres:///shop?host=/run/pg", "/run/pg:5432 db<shop>"),
    ("postgres://u:pw@/shop?host=/run/pg&port=5433", "/run/pg:5433 user<u> password<pw> db<shop>"),
    ("postgres://%2Frun%2Fpg/shop", "/run/pg:5432 db<shop>"),
    ("postgres://?host=h", "h:5432"),
    ("postgres://h?user=u&password=p%26w&dbname=d", "h:5432 user<u> password<p&w> db<d>"),
    ("postgres://a:1/x?host=b&port=2&database=y", "b:2 db<y>"),
    ("postgres://h/?user=a@b", "h:5432 user<a@b> db<a@b>"),
    ("postgres://h?user=a@b", "h:5432 user<a@b> db<a@b>"),
    ("postgres://h/shop?", "h:5432 db<shop>"),
    ("postgres://h/shop?sslmode=disable&sslmode=disable&", "h:5432 db<shop> ssl<Disable>"),
    ("postgres://h?sslmode=require&channel_binding=require", "h:5432 ssl<Require> binding<Require>"),
    ("postgres://h?ssl=true", "h:5432 ssl<Require>"),
    ("postgres://h?application_name=a+b", "h:5432 app<a b>"),
    (
        "postgres://h?search_path=a%2Cb&lock_timeout=2s",
        "h:5432 options<-c lock_timeout=2s -c search_path=a,b>",
    ),
    ("postgres://h?options=-c%20geqo%3Doff", "h:5432 options<-c geqo=off>"),
    // key=value
    ("host=h", "h:5432"),
    ("  host = h\tport\n=\n5433  ", "h:5433"),
    ("host=h user=u password=pw dbname=shop", "h:5432 user<u> password<pw> db<shop>"),
    ("host=h database=shop", "h:5432 db<shop>"),
    ("host=h dbname=a database=b", "h:5432 db<b>"),
    ("host=h user='a b'", "h:5432 user<a b> db<a b>"),
    (r"host=h user='it\'s' password='a\\b'", r"h:5432 user<it's> password<a\b> db<it's>"),
    (r"host=h user=it\'s password=a\\b", r"h:5432 user<it's> password<a\b> db<it's>"),
    (r"host=h password=a\ b", r"h:5432 password<a\ b>"),
    (r"host=h password='a\nb'", r"h:5432 password<a\nb>"),
    ("host=h password='p=w'", "h:5432 password<p=w>"),
    ("host=h password=p=w", "h:5432 password<p=w>"),
    ("host=h password=p@w:/#", "h:5432 password<p@w:/#>"),
    ("host=h user=''", "h:5432"),
    ("user='u'host=h", "h:5432 user<u> db<u>"),
    ("host=h password=ä user=ö", "h:5432 user<ö> password<ä> db<ö>"),
    ("Host=h Password=pw", "h:5432 password<pw>"),
    ("host=a,b port=1,2", "a:1 b:2"),
    ("host=a,b port=1", "a:1 b:1"),
    ("host=a,b port=,2", "a:5432 b:2"),
    ("host=/run/pg", "/run/pg:5432"),
    ("hostaddr=127.0.0.1", "127.0.0.1=127.0.0.1:5432"),
    ("host=a,b hostaddr=127.0.0.1,::1", "a=127.0.0.1:5432 b=::1:5432"),
    ("host=h connect_timeout=5", "h:5432 timeout<5s>"),
    ("host=h connect_timeout=0", "h:5432"),
    ("host=h sslmode=disable", "h:5432 ssl<Disable>"),
    ("host=h sslmode=prefer", "h:5432"),
    ("host=h target_session_attrs=any", "h:5432"),
    ("host=h target_session_attrs=read-only", "h:5432 role<ReadOnly>"),
    ("host=h target_session_attrs=primary", "h:5432 role<Primary>"),
    ("host=h target_session_attrs=standby", "h:5432 role<Standby>"),
    ("host=a,b target_session_attrs=prefer-standby", "a:5432 b:5432 role<PreferStandby>"),
    ("host=a,b load_balance_hosts=random", "a:5432 b:5432 balance<on>"),
    ("host=h load_balance_hosts=disable", "h:5432"),
    ("host=h sslmode=allow", "h:5432 ssl<Allow>"),
    ("host=h sslmode=verify-ca sslrootcert=/ca", "h:5432 ssl<VerifyCa> roots</ca>"),
    ("host=h sslmode=verify-full sslrootcert=/ca", "h:5432 ssl<VerifyFull> roots</ca>"),
    ("host=h sslmode=verify-full", "h:5432 ssl<VerifyFull> roots<system>"),
    ("host=h sslmode=require sslrootcert=/ca", "h:5432 ssl<Require> roots</ca>"),
    ("host=h sslrootcert=/ca", "h:5432 roots</ca>"),
    ("host=h sslmode=disable sslrootcert=/ca", "h:5432 ssl<Disable>"),
    ("host=h sslrootcert=system", "h:5432 ssl<VerifyFull> roots<system>"),
    ("host=h sslrootcert=system sslmode=require", "h:5432 ssl<VerifyFull> roots<system>"),
    ("host=h sslrootcert=system sslmode=disable", "h:5432 ssl<Disable>"),
    ("postgres://h?sslmode=verify-full&sslrootcert=%2Fa%20b", "h:5432 ssl<VerifyFull> roots</a b>"),
    ("host=h sslcert=/c sslkey=/k", "h:5432 cert</c /k>"),
    ("host=h sslcert=/c sslkey=/k sslpassword=pw", "h:5432 cert</c /k pw>"),
    ("host=h sslcert=/c sslkey=/k sslcertmode=allow", "h:5432 cert</c /k>"),
    ("host=h sslcert=/c sslkey=/k sslcertmode=disable", "h:5432"),
    ("host=h sslcert=/c sslkey=/k sslcertmode=require", "h:5432 cert</c /k> shown<always>"),
    ("host=h sslsni=0", "h:5432 sni<off>"),
    ("host=h sslsni=1", "h:5432"),
    ("host=h sslmode=require sslnegotiation=direct", "h:5432 ssl<Require> direct<on>"),
    ("host=h ssl_min_protocol_version=TLSv1.3", "h:5432 versions<[false, true]>"),
    (
        "host=h ssl_max_protocol_version=TLSv1.2 ssl_min_protocol_version=TLSv1",
        "h:5432 versions<[true, false]>",
    ),
    ("host=h target_session_attrs=read-write", "h:5432 role<ReadWrite>"),
    ("host=h application_name='my app'", "h:5432 app<my app>"),
    ("host=h fallback_application_name=x", "h:5432 app<x>"),
    ("host=h keepalives=0", "h:5432 keepalives<off>"),
    (
        "host=h keepalives_idle=5 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=1500",
        "h:5432 idle<5> interval<2s> count<3> user_timeout<1.5s>",
    ),
    ("host=h default_query_exec_mode=exec statement_cache_capacity=0 description_cache_capacity=1", "h:5432"),
    (
        "host=h sslnegotiation=postgres gssencmode=disable min_protocol_version=3.0 client_encoding=UTF8",
        "h:5432",
    ),
    ("host=h client_encoding=utf-8", "h:5432"),
    ("host=h client_encoding='Unicode'", "h:5432"),
    ("postgres://h?client_encoding=auto", "h:5432"),
    ("host=h client_encoding=''", "h:5432"),
    ("host=h sslrootcert=''", "h:5432"),
    ("host=h password=pw passfile=/x", "h:5432 password<pw>"),
    ("host=h TimeZone=UTC nosuch=1", "h:5432 options<-c nosuch=1 -c timezone=UTC>"),
    (r"host=h search_path='a, \\b'", r"h:5432 options<-c search_path=a,\ \\b>"),
    ("host=h search_path=''", "h:5432 options<-c search_path=>"),
    ("host=h options='-c geqo=off' role=r", "h:5432 options<-c geqo=off -c role=r>"),
];

#[test]
fn accepted() {
    for (dbstring, want) in ACCEPTED {
        match ConnInfo::parse(dbstring, &environment(&[])) {
            Ok(info) => assert_eq!(show(&info), *want, "{dbstring}"),
            Err(error) => panic!("{dbstring}: {error}"),
        }
    }
}

/// Refused strings, with a part of the message. What is secret in them is called `s3cret`.
const REFUSED: &[(&str, &str)] = &[
    ("foo", "`foo` is neither a URL (postgres://…) nor `key=value`"),
    ("root:s3cret@tcp(h)/db", "it is neither a URL (postgres://…) nor `key=value`"),
    ("mysql://u:s3cret@h/db", "it is neither a URL"),
    ("jdbc:postgresql://h/db?password=s3cret", "it is neither a URL"),
    ("=x", "it is neither"),
    ("password=a s3cret host=h", "what follows the value of `password` is not `key=value`"),
    ("password=a s3cret", "what follows the value of `password` is not `key=value`"),
    ("host=h user='it''s'", r"in the value of `user`: write a quote as `\'`, not `''`"),
    ("host=h password='s3cret", "the quoted value of `password` has no closing `'`"),
    (r"host=h password='s3cret\", "the quoted value of `password` has no closing `'`"),
    (r"host=h password=s3cret\", r"the value of `password` ends in a single `\`"),
    ("host=h password='s3cret's3cret", "what follows the value of `password`"),
    ("host=h port=0", "`port` must be a number from 1 to 65535"),
    ("host=h port=65536", "`port` must be a number from 1 to 65535"),
    ("host=h port=x", "`port` must be a number"),
    ("host=a,b,c port=1,2", "`port` must have one item, or as many as there are hosts"),
    ("host=a,,b", "`host` has an empty item"),
    ("host=@abstract", "sockets in the abstract namespace"),
    ("host=h hostaddr=h", "`hostaddr` must be an IP address"),
    ("host=a,b hostaddr=::1", "`host` and `hostaddr` have different numbers of items"),
    ("host=h connect_timeout=x", "`connect_timeout` must be a whole number, 0 or more"),
    ("host=h connect_timeout=-1", "`connect_timeout` must be a whole number, 0 or more"),
    ("host=h sslmode=verify-ca", "`sslmode=verify-ca` needs to know the authority"),
    (
        "host=h sslmode=no",
        "`sslmode` must be `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
    ),
    ("host=h channel_binding=x", "`channel_binding` must be `disable`, `prefer` or `require`"),
    ("host=h target_session_attrs=x", "`target_session_attrs` must be"),
    ("host=h sslkey=/x", "`sslkey` is the key of a certificate: give that one too, by `sslcert`"),
    ("host=h sslcert=/x", "`sslcert` needs the certificate's key: name its file by `sslkey`"),
    ("host=h sslcert=/x sslkey=/k sslcertmode=x", "`sslcertmode` must be `disable`, `allow` or `require`"),
    ("host=h sslcertmode=require", "`sslcertmode=require` needs the client's certificate"),
    ("host=h sslcrl=/x", "`sslcrl` is not supported yet"),
    ("host=h sslcrldir=/x", "`sslcrldir` is not supported yet"),
    ("host=h load_balance_hosts=x", "`load_balance_hosts` must be `disable` or `random`"),
    (
        "host=h ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
        "is above `ssl_max_protocol",
    ),
    (
        "host=h ssl_min_protocol_version=x",
        "`ssl_min_protocol_version` must be `TLSv1`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`",
    ),
    ("host=h ssl_max_protocol_version=TLSv1.1", "`ssl_max_protocol_version` must be `TLSv1.2` or `TLSv1.3`"),
    (
        "host=h sslmode=prefer sslnegotiation=direct",
        "`sslnegotiation=direct` needs `sslmode` to be `require`",
    ),
    ("host=h sslnegotiation=x", "`sslnegotiation` must be `postgres` or `direct`"),
    ("service=nosuch", "no service file defines the service `nosuch` (searched: "),
    ("service=x servicefile=/nosuch/file", "cannot read the service file `/nosuch/file`: "),
    ("host=h sslsni=x", "`sslsni` must be `0` or `1`"),
    ("host=h krbsrvname=x", "`krbsrvname` is not supported yet"),
    ("host=h krbspn=x", "`krbspn` is not supported yet"),
    ("host=h require_auth=scram-sha-256", "`require_auth` is not supported yet"),
    ("host=h min_protocol_version=3.2", "`min_protocol_version` is not supported yet with this value"),
    ("host=h max_protocol_version=3.2", "`max_protocol_version` is not supported yet with this value"),
    ("host=h client_encoding=LATIN1", "`client_encoding` must be `UTF8` or `auto`: files are in UTF-8"),
    ("host=h client_encoding=UTF16", "`client_encoding` must be `UTF8` or `auto`"),
    ("host=h user='a\0b'", "`user` has a NUL character in it"),
    ("postgres://u:s3cret/xh:5432", "the port in the URL is not a number"),
    ("postgres://h/a%zz", "a `%` in the `dbname` of the URL begins no escape of a text (write `%` as `%25`)"),
    ("postgres://h/a%ff", "a `%` in the `dbname` of the URL begins no escape of a text"),
    ("postgres://h/db?password=s3cret%zz", "a `%` in the `password` of the URL begins no escape"),
    ("postgres://h/db#x", "`#` must be written as `%23`"),
    ("postgres://h/db?password=s3cret#x", "`#` must be written as `%23`"),
    ("postgres://h/db?sslmode", "after the `?` of the URL, every item must be `key=value`"),
    ("postgres://h/db?a=1?b=2&=3", "something that is not a key"),
    ("postgres://h/db?user=a&user=b", "`user` is given twice in the URL"),
    ("postgres://[::1/db", "the host has a `[` without its `]`"),
    ("postgres://[h]/db", "what stands between `[` and `]` is not an IPv6 address"),
    ("postgres://[::1]5432/db", "only `:port` may follow the `]`"),
    ("postgres://h:99999/db", "`port` must be a number from 1 to 65535"),
    ("postgres://a,,b/db", "`host` has an empty item"),
];

#[test]
fn refused() {
    for (dbstring, want) in REFUSED {
        let error = match ConnInfo::parse(dbstring, &environment(&[])) {
            Ok(info) => panic!("{dbstring}: {}", show(&info)),
            Err(error) => error,
        };
        assert_eq!(error.kind, ErrorKind::Config);
        assert!(error.message.contains(want), "{dbstring}: {error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        assert!(!redact(dbstring).contains("s3cret"), "{}", redact(dbstring));
    }
}

#[test]
fn the_environment_is_weaker_than_the_string() {
    type Row = (&'static [(&'static str, &'static str)], &'static str, &'static str);
    let table: &[Row] = &[
        (&[("PGHOST", "e"), ("PGPORT", "1")], "", "e:1"),
        (&[("PGHOST", "e"), ("PGPORT", "1")], "host=h", "h:1"),
        (&[("PGHOST", "e"), ("PGPORT", "1")], "postgres://h:2", "h:2"),
        (&[("PGHOST", "h"), ("PGHOSTADDR", "::1")], "", "h=::1:5432"),
        (&[("PGHOST", "h"), ("PGUSER", "u"), ("PGPASSWORD", "pw")], "", "h:5432 user<u> password<pw> db<u>"),
        (&[("PGHOST", "h"), ("PGDATABASE", "d"), ("PGAPPNAME", "a")], "", "h:5432 db<d> app<a>"),
        (&[("PGHOST", "h"), ("PGSSLMODE", "require")], "", "h:5432 ssl<Require>"),
        (&[("PGHOST", "h"), ("PGSSLMODE", "verify-full")], "sslmode=disable", "h:5432 ssl<Disable>"),
        (&[("PGHOST", "h"), ("PGCONNECT_TIMEOUT", "3")], "", "h:5432 timeout<3s>"),
        (
            &[("PGHOST", "h"), ("PGOPTIONS", "-c a=1"), ("PGTZ", "UTC")],
            "",
            "h:5432 options<-c a=1 -c timezone=UTC>",
        ),
        (&[("PGHOST", "h"), ("PGTZ", "UTC")], "TimeZone=CET", "h:5432 options<-c timezone=CET>"),
        (&[("PGHOST", "h"), ("PGTARGETSESSIONATTRS", "read-write")], "", "h:5432 role<ReadWrite>"),
        (&[("PGHOST", "h"), ("PGSSLROOTCERT", "")], "", "h:5432"),
        (
            &[("PGHOST", "h"), ("PGSSLROOTCERT", "/ca")],
            "sslmode=verify-ca",
            "h:5432 ssl<VerifyCa> roots</ca>",
        ),
        (
            &[("PGHOST", "h"), ("PGSSLCERT", "/c"), ("PGSSLKEY", "/k"), ("PGSSLPASSWORD", "pw")],
            "",
            "h:5432 cert</c /k pw>",
        ),
        (
            &[("SSL_CERT_FILE", "/f"), ("SSL_CERT_DIR", "/d")],
            "host=h sslrootcert=system",
            "h:5432 ssl<VerifyFull> roots<system Some(\"/f\") Some(\"/d\")>",
        ),
        (
            &[("PGHOST", "h"), ("PGSSLSNI", "0"), ("PGSSLNEGOTIATION", "direct"), ("PGSSLMODE", "require")],
            "",
            "h:5432 ssl<Require> sni<off> direct<on>",
        ),
        (&[("PGHOST", "a,b"), ("PGLOADBALANCEHOSTS", "random")], "", "a:5432 b:5432 balance<on>"),
        (
            &[("PGHOST", "h"), ("PGDATESTYLE", "ISO, DMY"), ("PGGEQO", "off")],
            "",
            r"h:5432 options<-c datestyle=ISO,\ DMY -c geqo=off>",
        ),
        (&[("PGHOST", "h"), ("PGSSLMINPROTOCOLVERSION", "TLSv1.3")], "", "h:5432 versions<[false, true]>"),
        (&[("PGHOST", "h"), ("PGPASSFILE", "/x"), ("PGPASSWORD", "pw")], "", "h:5432 password<pw>"),
        (&[("PGHOST", "h"), ("LOGNAME", "other")], "", "h:5432"),
    ];
    for (variables, dbstring, want) in table {
        let info =
            ConnInfo::parse(dbstring, &environment(variables)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(show(&info), *want, "{variables:?} {dbstring}");
    }
}

#[test]
fn variables_are_refused_by_name() {
    for (variable, key) in [
        ("PGSSLKEY", "sslkey"),
        ("PGREQUIREAUTH", "require_auth"),
        ("PGSSLCRL", "sslcrl"),
        ("PGSSLMODE", "sslmode"),
        ("PGTARGETSESSIONATTRS", "target_session_attrs"),
        ("PGPORT", "port"),
    ] {
        let error = ConnInfo::parse("host=h", &environment(&[(variable, "s3cret")])).err();
        let message = error.map(|error| error.message).unwrap_or_default();
        assert!(message.starts_with(&format!("`{key}` (from {variable}) ")), "{message}");
        assert!(!message.contains("s3cret"));
    }
}

#[test]
fn without_any_user_the_library_finds_one() {
    let info = ConnInfo::parse("host=h", &Environment::new()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((info.user, info.database), (None, None));
}

#[test]
fn a_password_is_never_in_debug_output() {
    let info =
        ConnInfo::parse("postgres://u:s3cret@h?sslcert=/c&sslkey=/k&sslpassword=s3cret", &environment(&[]))
            .unwrap_or_else(|error| panic!("{error}"));
    assert!(!format!("{info:?}").contains("s3cret"));
}

mod files;
mod passwords;
mod variables;
