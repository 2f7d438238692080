//! The certificates of a run as the files of a folder, for programs that read them there.

use std::{fs, io, path::Path};

use crate::Certificates;

/// The file that is written last: a folder that has it has all.
pub const LAST_CERTIFICATE: &str = "server.pem";

/// Makes an authority of this name, a server's certificate for these names and addresses, a client's and one of a client that has expired, and
/// writes all but the authority's key: `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`, `expired.pem`, `expired.key`.
/// No file may be there before, and only its owner reads one.
pub fn certificate_folder(folder: &Path, authority: &str, names: &[&str], client: &str) -> io::Result<()> {
    let made = Certificates::new(authority).map_err(io::Error::other)?;
    let server = made.server(names).map_err(io::Error::other)?;
    let expired = made.expired_client(client).map_err(io::Error::other)?;
    let client = made.client(client).map_err(io::Error::other)?;
    fs::create_dir_all(folder)?;
    for (name, bytes) in [
        ("ca.pem", &made.authority_pem()),
        ("server.key", &server.key_pem),
        ("client.pem", &client.certificate_pem),
        ("client.key", &client.key_pem),
        ("expired.pem", &expired.certificate_pem),
        ("expired.key", &expired.key_pem),
        (LAST_CERTIFICATE, &server.certificate_pem),
    ] {
        let path = folder.join(name);
        let written = write_own(&path, bytes);
        written.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

/// Writes a file that only its owner reads, and that was not there before.
fn write_own(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}
