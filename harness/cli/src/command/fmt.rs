//! `deadzone fmt`: scenario files in one form. What a file says is read before and after: it is written only where that is the same.

use std::path::Path;

use deadzone_runner::{ExitCode, OwnFile, own_files, text_of};
use deadzone_script::{format, print};

use crate::{args::FmtArgs, destination::Destination, output};

pub(crate) fn fmt(args: &FmtArgs) -> ExitCode {
    let files = match own_files(&args.files) {
        Ok(files) => files,
        Err(why) => {
            output::print_error(&format!("error: {why}\n"));
            return ExitCode::Usage;
        }
    };
    let (mut wrong, mut changed) = (0, 0);
    for file in &files {
        match of_file(file, args.check) {
            Ok(false) => {}
            Ok(true) => {
                changed += 1;
                output::print(&format!("{}\n", file.name));
            }
            Err(why) => {
                wrong += 1;
                output::print_error(&format!("error: {}: {why}\n", file.name));
            }
        }
    }
    match (wrong, changed) {
        (0, 0) => ExitCode::Success,
        (0, _) if !args.check => ExitCode::Success,
        (0, _) => ExitCode::Failure,
        _ => ExitCode::Usage,
    }
}

/// Whether the file was not in form; then it is now, unless that is only asked.
fn of_file(file: &OwnFile, check: bool) -> anyhow::Result<bool> {
    let text = text_of(&file.name)?;
    let formatted = format(&text);
    if formatted == text {
        return Ok(false);
    }
    let meaning = |text: &str| {
        let (scenarios, mistakes) = deadzone_script::parse(&file.name, &file.area, text);
        (print(&scenarios), mistakes.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>())
    };
    if meaning(&text) != meaning(&formatted) {
        anyhow::bail!("in form it would say something else, so that it is left as it is: a mistake of ours");
    }
    if !check {
        Destination::of(Path::new(&file.name)).write(&formatted)?;
    }
    Ok(true)
}
