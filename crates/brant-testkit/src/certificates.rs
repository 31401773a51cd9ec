//! Certificates for tests of TLS, made anew each time.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tempfile::TempDir;

use crate::Engine;
use crate::server::{PrivateServer, ServerOptions, temp_dir};

/// A folder with two authorities and what they signed. Every program of this machine may read it, since servers run
/// as users of their own.
///
/// | Pair | By | For |
/// |---|---|---|
/// | `good` | `ca.pem` | a server at `localhost` and `127.0.0.1` |
/// | `expired` | `ca.pem` | the same, until 2001 |
/// | `elsewhere` | `ca.pem` | a server at `elsewhere.example` |
/// | `foreign` | `other-ca.pem` | as `good` |
/// | `client` | `ca.pem` | a client |
/// | `foreign-client` | `other-ca.pem` | a client |
#[derive(Debug)]
pub struct Certificates {
    dir: TempDir,
}

impl Certificates {
    /// Makes them.
    ///
    /// # Panics
    /// When they can't be made or written.
    pub fn make() -> Certificates {
        let made = temp_dir().and_then(|dir| {
            let made = Certificates { dir };
            made.write_all().map_err(|why| why.to_string())?;
            Ok(made)
        });
        made.unwrap_or_else(|why| panic!("cannot make certificates: {why}"))
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A file: `ca.pem`, `other-ca.pem`, `good.pem` and `good-key.pem`, …
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The pair of a server, put in the place that a server was told of (`server.pem`, `server-key.pem`).
    ///
    /// # Panics
    /// When it can't be copied.
    pub fn serve(&self, name: &str) {
        for end in [".pem", "-key.pem"] {
            let (from, to) = (self.file(&format!("{name}{end}")), self.file(&format!("server{end}")));
            fs::copy(&from, &to).unwrap_or_else(|why| panic!("{}: {why}", from.display()));
        }
    }

    /// A MariaDB server (or, if the options say so, MySQL's own) with TLS, which shows the pair `good` until another is
    /// served and it is told `FLUSH SSL`.
    pub fn mariadb(&self, mut options: ServerOptions) -> PrivateServer {
        self.serve("good");
        for (setting, name) in [("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server-key.pem")] {
            options.args.push(format!("--ssl-{setting}={}", self.file(name).display()));
        }
        PrivateServer::start(Engine::MariaDb, &options)
    }

    fn write_all(&self) -> Result<(), Box<dyn std::error::Error>> {
        fs::set_permissions(self.dir(), fs::Permissions::from_mode(0o755))?;
        let (ca, other) = (self.authority("ca")?, self.authority("other-ca")?);
        let here = ["localhost", "127.0.0.1"];
        self.signed("good", &here, false, &ca)?;
        self.signed("expired", &here, true, &ca)?;
        self.signed("elsewhere", &["elsewhere.example"], false, &ca)?;
        self.signed("foreign", &here, false, &other)?;
        self.signed("client", &[], false, &ca)?;
        self.signed("foreign-client", &[], false, &other)?;
        Ok(())
    }

    fn authority(&self, name: &str) -> Result<Issuer<'static, KeyPair>, Box<dyn std::error::Error>> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, format!("brant test {name}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        self.write(name, &params.self_signed(&key)?)?;
        Ok(Issuer::new(params, key))
    }

    fn signed(
        &self,
        name: &str,
        hosts: &[&str],
        expired: bool,
        issuer: &Issuer<'static, KeyPair>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut params =
            CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>())?;
        params.distinguished_name.push(DnType::CommonName, name);
        let purpose = match hosts {
            [] => ExtendedKeyUsagePurpose::ClientAuth,
            _ => ExtendedKeyUsagePurpose::ServerAuth,
        };
        params.extended_key_usages = vec![purpose];
        if expired {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate()?;
        self.write(name, &params.signed_by(&key, issuer)?)?;
        fs::write(self.file(&format!("{name}-key.pem")), key.serialize_pem())?;
        Ok(())
    }

    fn write(&self, name: &str, certificate: &Certificate) -> std::io::Result<()> {
        fs::write(self.file(&format!("{name}.pem")), certificate.pem())
    }
}
