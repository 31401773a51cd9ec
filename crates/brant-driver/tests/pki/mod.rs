//! Certificates, good and bad, made for one test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};

/// A certificate and its key, in PEM form.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// An authority, and what it has signed or not.
pub(crate) struct Pki {
    pub(crate) authority: String,
    authority_key: String,
    pub(crate) good: Pair,
    pub(crate) expired: Pair,
    /// For another host.
    pub(crate) other: Pair,
    /// By another authority.
    pub(crate) unknown: Pair,
    /// By itself.
    pub(crate) own: Pair,
    /// With the host's name in CN alone.
    pub(crate) common_name: Pair,
    /// The client's, whose user is `brant`.
    pub(crate) client: Pair,
    /// Of another user.
    pub(crate) eve: Pair,
    /// Of the right user, by another authority.
    pub(crate) stranger: Pair,
}

type Signer = Issuer<'static, KeyPair>;

impl Pki {
    pub(crate) fn new() -> Self {
        let (authority, authority_key, signer) = authority();
        let (_, _, nobody) = authority_named("another");
        let name = "localhost";
        let mut expired = server(&[name], name);
        expired.not_before = date_time_ymd(2020, 1, 1);
        expired.not_after = date_time_ymd(2021, 1, 1);
        let key = KeyPair::generate().unwrap();
        let mut own = server(&[name], name);
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = Pair { certificate: own.self_signed(&key).unwrap().pem(), key: key.serialize_pem() };
        Self {
            good: signed(&server(&[name], "db"), &signer),
            expired: signed(&expired, &signer),
            other: signed(&server(&["db.example.com"], name), &signer),
            unknown: signed(&server(&[name], name), &nobody),
            own,
            common_name: signed(&server(&[], name), &signer),
            client: signed(&client("brant"), &signer),
            eve: signed(&client("eve"), &signer),
            stranger: signed(&client("brant"), &nobody),
            authority,
            authority_key,
        }
    }

    /// A certificate in X.509's first version, as the recipes in PostgreSQL's manual make them.
    pub(crate) fn first_version(&self, files: &Folder) -> Pair {
        let (ca, ca_key) =
            (files.write("1ca.crt", &self.authority), files.write("1ca.key", &self.authority_key));
        let key = files.openssl("1.key", "ecparam -name prime256v1 -genkey -noout");
        let request = files.openssl("1.csr", &format!("req -new -key {key} -subj /CN=localhost"));
        let certificate = files.openssl(
            "1.crt",
            &format!("x509 -req -in {request} -CA {ca} -CAkey {ca_key} -set_serial 7 -days 2"),
        );
        let read = |path: &str| std::fs::read_to_string(path).unwrap();
        Pair { certificate: read(&certificate), key: read(&key) }
    }

    /// A gate that ends TLS, begun at once, before a server that knows nothing of it. Tells what each client named.
    pub(crate) async fn gate(&self, server: SocketAddr) -> (u16, Heard) {
        let chain = vec![CertificateDer::from_pem_slice(self.good.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.good.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard::default();
        let note = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(mut client) = acceptor.accept(client).await else { continue };
                let session = client.get_ref().1;
                let protocol = session.alpn_protocol() == Some(b"postgresql");
                note.lock().unwrap().push((session.server_name().map(str::to_owned), protocol));
                let mut server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
            }
        });
        (port, heard)
    }
}

/// The name that each client told, and whether it named PostgreSQL's protocol.
pub(crate) type Heard = Arc<Mutex<Vec<(Option<String>, bool)>>>;

fn authority() -> (String, String, Signer) {
    authority_named("the authority")
}

fn authority_named(name: &str) -> (String, String, Signer) {
    let key = KeyPair::generate().unwrap();
    let mut params = named(&[], name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    (certificate, key.serialize_pem(), Issuer::new(params, key))
}

fn named(hosts: &[&str], common_name: &str) -> CertificateParams {
    let mut params =
        CertificateParams::new(hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn server(hosts: &[&str], common_name: &str) -> CertificateParams {
    let mut params = named(hosts, common_name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn client(user: &str) -> CertificateParams {
    let mut params = named(&[], user);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn signed(params: &CertificateParams, signer: &Signer) -> Pair {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, signer).unwrap().pem();
    Pair { certificate, key: key.serialize_pem() }
}

/// A folder of files that are the user's alone.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> String {
        self.0.path().display().to_string()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        self.mode(name, 0o600);
        path.display().to_string()
    }

    pub(crate) fn mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(self.file(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs `openssl` with these arguments and `-out` a new file, and returns its path.
    pub(crate) fn openssl(&self, name: &str, arguments: &str) -> String {
        let path = self.file(name).display().to_string();
        let output = Command::new("openssl").args(arguments.split(' ')).args(["-out", &path]).output();
        let output = output.unwrap_or_else(|why| panic!("cannot run `openssl`: {why}\nhelp: install it"));
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        self.mode(name, 0o600);
        path
    }

    /// The key under the password `hunter2`.
    pub(crate) fn encrypt(&self, key: &str, name: &str, how: &str) -> String {
        self.openssl(name, &format!("{how} -in {key} -passout pass:hunter2"))
    }
}
