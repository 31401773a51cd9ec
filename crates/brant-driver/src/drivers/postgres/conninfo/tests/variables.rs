//! Every variable that libpq reads: each is read here too, or refused, or of no concern.

use super::super::super::keys::VARIABLES;
use super::super::ConnInfo;
use super::{environment, show};

/// A variable, its value, and what comes of it beside a host and a TLS that is certain.
type Row = (&'static str, &'static str, Result<&'static str, &'static str>);

/// In the order of the page "Environment Variables" of PostgreSQL's manual.
const TABLE: &[Row] = &[
    ("PGHOST", "e", Ok("h:5432")),
    ("PGHOSTADDR", "::1", Ok("h=::1:5432")),
    ("PGPORT", "1", Ok("h:1")),
    ("PGDATABASE", "d", Ok("h:5432 db<d>")),
    ("PGUSER", "u", Ok("h:5432 user<u> db<u>")),
    ("PGPASSWORD", "pw", Ok("h:5432 password<pw>")),
    // Files that do not exist hold nothing.
    ("PGPASSFILE", "/nosuch", Ok("h:5432")),
    ("PGREQUIREAUTH", "scram-sha-256", Err("is not supported yet")),
    ("PGCHANNELBINDING", "require", Ok("h:5432 binding<Require>")),
    ("PGSERVICE", "x", Err("no service file defines the service `x`")),
    ("PGSERVICEFILE", "/nosuch", Ok("h:5432")),
    ("PGOPTIONS", "-c a=1", Ok("h:5432 options<-c a=1>")),
    ("PGAPPNAME", "a", Ok("h:5432 app<a>")),
    ("PGSSLMODE", "disable", Ok("h:5432")),
    ("PGREQUIRESSL", "1", Err("is not supported yet with this value (only `0`)")),
    ("PGSSLNEGOTIATION", "direct", Ok("h:5432 direct<on>")),
    ("PGSSLCOMPRESSION", "1", Err("is not supported yet with this value (only `0`)")),
    ("PGSSLCERT", "/c", Err("`sslcert` needs the certificate's key")),
    ("PGSSLKEY", "/k", Err("is the key of a certificate")),
    ("PGSSLCERTMODE", "disable", Ok("h:5432")),
    ("PGSSLROOTCERT", "/ca", Ok("h:5432 roots</ca>")),
    ("PGSSLCRL", "/x", Err("is not supported yet")),
    ("PGSSLCRLDIR", "/x", Err("is not supported yet")),
    ("PGSSLSNI", "0", Ok("h:5432 sni<off>")),
    ("PGREQUIREPEER", "x", Err("is not supported yet")),
    ("PGSSLMINPROTOCOLVERSION", "TLSv1.3", Ok("h:5432 versions<[false, true]>")),
    ("PGSSLMAXPROTOCOLVERSION", "TLSv1.2", Ok("h:5432 versions<[true, false]>")),
    ("PGGSSENCMODE", "require", Err("is not supported yet with this value (only `disable`, `prefer`)")),
    ("PGKRBSRVNAME", "x", Err("is not supported yet")),
    ("PGGSSLIB", "gssapi", Err("is not supported yet")),
    ("PGGSSDELEGATION", "1", Err("is not supported yet with this value (only `0`)")),
    ("PGCONNECT_TIMEOUT", "3", Ok("h:5432 timeout<3s>")),
    ("PGCLIENTENCODING", "Unicode", Ok("h:5432")),
    ("PGCLIENTENCODING", "LATIN1", Err("must be `UTF8` or `auto`")),
    ("PGTARGETSESSIONATTRS", "primary", Ok("h:5432 role<Primary>")),
    ("PGLOADBALANCEHOSTS", "random", Ok("h:5432 balance<on>")),
    ("PGMINPROTOCOLVERSION", "3.2", Err("is not supported yet with this value")),
    ("PGMAXPROTOCOLVERSION", "3.2", Err("is not supported yet with this value")),
    ("PGDATESTYLE", "ISO", Ok("h:5432 options<-c datestyle=ISO>")),
    ("PGTZ", "UTC", Ok("h:5432 options<-c timezone=UTC>")),
    ("PGGEQO", "off", Ok("h:5432 options<-c geqo=off>")),
    ("PGSYSCONFDIR", "/nosuch", Ok("h:5432")),
    // The translations of libpq's own messages.
    ("PGLOCALEDIR", "/nosuch", Ok("h:5432")),
    // pgx's own.
    ("PGSSLPASSWORD", "pw", Ok("h:5432")),
];

#[test]
fn each_is_read_or_refused_by_name() {
    for (variable, value, want) in TABLE {
        let read = ConnInfo::parse("host=h sslmode=require", &environment(&[(*variable, *value)]));
        match (read.map(|info| show(&info).replace(" ssl<Require>", "")), want) {
            (Ok(shown), Ok(want)) => assert_eq!(shown, *want, "{variable}"),
            (Err(error), Err(want)) => assert!(error.message.contains(want), "{variable}: {error}"),
            (Ok(shown), Err(_)) => panic!("{variable}: {shown}"),
            (Err(error), Ok(_)) => panic!("{variable}: {error}"),
        }
    }
    for (variable, _) in VARIABLES {
        assert!(TABLE.iter().any(|(known, ..)| known == variable), "{variable}");
    }
}
