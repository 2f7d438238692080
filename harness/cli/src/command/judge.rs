//! `deadzone judge`.

use std::path::Path;

use deadzone_reports::{Terminal, shell_word};
use deadzone_runner::{ExitCode, JudgeOptions, Party};
use deadzone_verdict::RunEvent;

use super::{report_files::ReportFiles, run::terminal_options, scripts::Scripts};
use crate::{args::JudgeArgs, output, signals};

pub(crate) fn judge(args: &JudgeArgs) -> anyhow::Result<ExitCode> {
    let mut reports = ReportFiles::at(&args.junit, &args.json);
    let ended = perform(args, &mut reports);
    reports.or_why_not(ended)
}

fn perform(args: &JudgeArgs, reports: &mut ReportFiles) -> anyhow::Result<ExitCode> {
    reports.begin()?;
    let suite = super::suite(&args.own.files, args.own.only_mine)?;
    let scripts = Scripts::into(&args.repro)?;
    let mut terminal = Terminal::new(terminal_options(args.telling.verbosity()));
    let options = JudgeOptions {
        paths: args.paths.clone(),
        party: if args.client { Party::Client } else { Party::Server },
        command: if args.client {
            |paths| repeats("deadzone judge --client", paths)
        } else {
            |paths| repeats("deadzone judge", paths)
        },
        scripts: args.repro.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
        cancel: signals::cancel_flag(),
    };
    let summary = deadzone_runner::judge_files(&suite, &options, &mut |event: RunEvent| {
        // A reader that went away must not cost the reports.
        let _ = terminal.observe(&event, &mut output::ForPeople);
    })?;
    let written = scripts.write(terminal.model());
    reports.write(terminal.model()).and(written)?;
    Ok(ExitCode::known(summary.exit_code))
}

fn repeats(command: &str, paths: &[&Path]) -> String {
    let quoted = paths.iter().map(|path| shell_word(&path.to_string_lossy()));
    [command.to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}
