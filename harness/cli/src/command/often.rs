//! `deadzone run --runs N`: the suite several times, and whether it says the same each time.

use anyhow::bail;
use deadzone_reports::{run_line, run_sets};
use deadzone_runner::{ExitCode, Options, Suite};
use deadzone_verdict::RunEvent;

use crate::{args::RunArgs, config::Config, output, progress::Progress};

pub(super) fn run_often(
    args: &RunArgs,
    config: &Config,
    suite: &Suite,
    options: &Options,
    runs: u32,
) -> anyhow::Result<ExitCode> {
    refuse_reports(config)?;
    let shown = super::run::terminal_options(args.telling.verbosity());
    let mut progress = Progress::new(config.long_bound_s.value, false);
    let often = deadzone_runner::run_often(suite, options, runs, &mut |one, event| {
        progress.around(&event, || {
            if let RunEvent::Finished(summary) = &event {
                let which =
                    format!("run {} of {}  seed {:x}  {} jobs", one.number, one.of, one.seed, one.jobs);
                output::print(&run_line(&which, summary, shown));
            }
        });
    });
    output::print(&run_sets(&often.sets, &options.command, shown));
    match often.ended {
        Some(error) => Err(error.into()),
        None => Ok(often.exit),
    }
}

/// Reports and histories are those of one run.
fn refuse_reports(config: &Config) -> anyhow::Result<()> {
    let wanted = [
        ("junit", config.junit.value.is_some()),
        ("json", config.json.value.is_some()),
        ("repro", config.repro.value.is_some()),
        ("history", config.history.value.is_some()),
        ("fail-fast", config.fail_fast.value),
        ("budget", config.budget.value.is_some()),
    ];
    if let Some((name, _)) = wanted.into_iter().find(|(_, wanted)| *wanted) {
        bail!("`{name}` belongs to one run: take it away, or repeat one of the runs by its seed");
    }
    Ok(())
}
