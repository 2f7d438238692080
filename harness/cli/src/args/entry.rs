//! What says how clients get in. It never holds a secret, but the name of the file that has it.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// How clients get in. What a descriptor says of the same gives way.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct EntryArgs {
    /// User name of every client
    #[arg(long, env = "DEADZONE_USER", value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// A file whose bytes are the password, without the end of its last line
    #[arg(long, env = "DEADZONE_PASSWORD_FILE", value_name = "FILE", conflicts_with = "token_file")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file with a bearer token, sent as the password
    #[arg(long, env = "DEADZONE_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificate authorities to trust in place of the system's, PEM
    #[arg(long, env = "DEADZONE_CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The clients' certificate, PEM
    #[arg(long, env = "DEADZONE_CERT", value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, env = "DEADZONE_KEY", value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Take any certificate of the broker's
    #[arg(long, env = "DEADZONE_INSECURE", value_parser = clap::builder::FalseyValueParser::new(), conflicts_with = "ca")]
    pub(crate) insecure: bool,
}
