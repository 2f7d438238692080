//! What `deadzone expect` takes.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ExpectCommand {
    /// Make the file of a run's report, or bring it up to one: adds what is not named yet, takes out what did not come, accepts new
    /// scenarios. Comments and order stay
    Update(ExpectUpdateArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExpectUpdateArgs {
    /// The report of a whole run (`run --json`), or of several: what not all of them show comes now and then
    #[arg(value_name = "RUN.json", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// The file of known failures
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
}
