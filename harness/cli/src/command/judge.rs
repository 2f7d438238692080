//! `deadzone judge`.

use std::path::Path;

use deadzone_reports::Terminal;
use deadzone_runner::{ExitCode, JudgeOptions, Party};
use deadzone_verdict::RunEvent;

use super::run::{has_room, quoted, terminal_options, write_json, write_junit};
use crate::{args::JudgeArgs, signals};

pub(crate) fn judge(args: &JudgeArgs) -> anyhow::Result<ExitCode> {
    let suite = super::suite(&args.files)?;
    has_room([&args.junit, &args.json].into_iter().flatten())?;
    let mut terminal = Terminal::new(terminal_options(args.quiet, args.verbose));
    let mut stdout = anstream::stdout();
    let options = JudgeOptions {
        paths: args.paths.clone(),
        party: if args.client { Party::Client } else { Party::Server },
        command: if args.client {
            |paths| repeats("deadzone judge --client", paths)
        } else {
            |paths| repeats("deadzone judge", paths)
        },
        cancel: signals::cancel_flag(),
    };
    let summary = deadzone_runner::judge_files(&suite, &options, &mut |event: RunEvent| {
        // A reader that went away must not cost the reports.
        let _ = terminal.observe(&event, &mut stdout);
    })?;
    let junit = write_junit(args.junit.as_deref(), terminal.model());
    let json = write_json(args.json.as_deref(), terminal.model());
    junit.and(json)?;
    Ok(ExitCode::known(summary.exit_code))
}

fn repeats(command: &str, paths: &[&Path]) -> String {
    let quoted = paths.iter().map(|path| quoted(&path.to_string_lossy()));
    [command.to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}
