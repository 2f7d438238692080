//! One file a command.

mod broker;
mod check;
mod coverage;
mod document;
mod expect;
mod explain;
mod fmt;
mod guard;
mod judge;
mod link;
mod link_api;
mod links;
mod list;
mod often;
mod probe;
mod report_files;
mod run;
mod scripts;
mod selftest;
mod targets;

use std::path::PathBuf;

use anyhow::bail;
use deadzone_runner::{ExitCode, RunError, Suite};

use crate::{
    args::{Args, Command},
    output,
};

pub(crate) use broker::limits as broker_limits;
pub(crate) use coverage::CoverageArgs;
pub(crate) use probe::ProbeArgs;
pub(crate) use report_files::tell_wrong_usage;
pub(crate) use targets::TargetsArgs;

/// Does what was asked for.
pub(crate) fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Run(args) => run::run(&args),
        Command::Judge(args) => judge::judge(&args),
        Command::List(args) => list::list(&args),
        Command::Links(args) => links::links(&args),
        Command::Probe(args) => probe::probe(&args),
        Command::Targets(args) => targets::targets(&args),
        Command::Coverage(args) => coverage::coverage(&args),
        Command::Check(args) => Ok(check::check(&args)),
        Command::Expect(command) => expect::expect(&command),
        Command::Explain(args) => Ok(explain::explain(&args)),
        Command::Fmt(args) => Ok(fmt::fmt(&args)),
        Command::Selftest(args) => selftest::selftest(&args),
        Command::Broker(args) => broker::broker(&args),
        Command::Link(args) if args.api.is_some() => link_api::link_api(&args),
        Command::Link(args) => link::link(&args),
        Command::Guard { folder } => Ok(guard::guard(&folder)),
        Command::Schema => {
            output::print(&deadzone_reports::run_schema());
            Ok(ExitCode::Success)
        }
    }
}

/// The embedded suite with the user's files beside it, or these alone.
fn suite(files: &[PathBuf], only_mine: bool) -> anyhow::Result<Suite> {
    if only_mine && files.is_empty() {
        bail!("--only-mine leaves nothing: name your scenarios by --scenarios");
    }
    let suite = Suite::with_own(files, only_mine).map_err(RunError::from)?;
    for (file, warning) in &suite.warnings {
        let source = suite.sources.get(file).map_or("", |s| &**s);
        output::print_error(&deadzone_script::render(
            file,
            source,
            std::slice::from_ref(warning),
            output::colour(),
        ));
    }
    Ok(suite)
}
