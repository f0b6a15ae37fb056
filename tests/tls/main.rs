//! Logs on servers over TLS, with certificates that OpenSSL makes. Not in the default build, which has no TLS:
//! `cargo test -p eskit-tests --features tls --test tls`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod nats;
mod postgres;

use std::path::Path;
use std::process::Command;

/// An authority, the certificate of a server named `localhost`, and an authority that did not sign it; `$0` is their folder.
const CERTIFICATES: &str = "set -e; cd \"$0\"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE\\n' > extensions
openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile extensions -out server.pem
chmod 600 server.key
chown --reference=\"$1\" server.key";

/// Makes certificates in a folder; the owner of `of` may read the key of the server.
fn make_certificates(folder: &Path, of: &Path) {
    let made = Command::new("sh").arg("-c").arg(CERTIFICATES).arg(folder).arg(of).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
