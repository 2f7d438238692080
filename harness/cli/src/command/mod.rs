//! One file a command.

mod broker;
mod check;
mod explain;
mod guard;
mod judge;
mod link;
mod link_api;
mod links;
mod list;
mod often;
mod report_files;
mod run;
mod scripts;
mod selftest;

use deadzone_runner::{ExitCode, RunError, Suite};

use crate::{
    args::{Args, Command},
    output,
};

pub(crate) use broker::limits as broker_limits;
pub(crate) use report_files::tell_wrong_usage;

/// Does what was asked for.
pub(crate) fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Run(args) => run::run(&args),
        Command::Judge(args) => judge::judge(&args),
        Command::List(args) => list::list(args),
        Command::Links(args) => links::links(&args),
        Command::Check(args) => Ok(check::check(&args)),
        Command::Explain(args) => Ok(explain::explain(&args)),
        Command::Selftest(args) => selftest::selftest(&args),
        Command::Broker(args) => broker::broker(&args),
        Command::Link(args) if args.api.is_some() => link_api::link_api(&args),
        Command::Link(args) => link::link(&args),
        Command::Guard { pid } => Ok(guard::guard(pid)),
        Command::Schema => {
            output::print(&deadzone_reports::run_schema());
            Ok(ExitCode::Success)
        }
    }
}

/// The embedded suite, or the user's files.
fn suite(files: &[std::path::PathBuf]) -> anyhow::Result<Suite> {
    let suite = if files.is_empty() { Suite::embedded() } else { Suite::from_files(files) };
    let suite = suite.map_err(RunError::from)?;
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
