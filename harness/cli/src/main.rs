//! The `deadzone` command: arguments to a run, a run to reports, reports to an exit code. No logic of its own.

mod args;
mod choice;
mod command;
mod config;
mod descriptors;
mod destination;
mod entry;
mod foreign_links;
mod output;
mod progress;
mod signals;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to stdout with 0; everything else is wrong usage.
            let code = if error.use_stderr() {
                deadzone_runner::ExitCode::Usage
            } else {
                deadzone_runner::ExitCode::Success
            };
            output::print_clap(&error);
            if code == deadzone_runner::ExitCode::Usage {
                command::tell_wrong_usage(error);
            }
            return ExitCode::from(output::finish(code) as u8);
        }
    };
    output::start_logging();
    if let Ok(program) = std::env::current_exe() {
        deadzone_target::guard_with(program);
    }
    descriptors::raise();
    let code = match command::dispatch(args) {
        Ok(code) => code,
        Err(error) => output::report_error(&error),
    };
    ExitCode::from(output::finish(code) as u8)
}
