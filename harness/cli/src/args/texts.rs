//! Options of the commands that read and explain texts: `check`, `fmt`, `explain`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct CheckArgs {
    /// Scenario files, and folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FmtArgs {
    /// Change no file: print the names of those that are not in form, and exit with 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
    /// Scenario files, and folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// E014, 5.0/MQTT-4.3.3-10, a defect's or a mutant's name, `links`: what an emulated link can't show, `profiles`:
    /// how one is written, `target`: how a broker is described, or `expect`: how its known failures are
    pub(crate) what: String,
}
