//! `deadzone check`.

use std::{fs, path::Path};

use deadzone_runner::ExitCode;
use deadzone_script::Severity;

use crate::{args::CheckArgs, output};

pub(crate) fn check(args: &CheckArgs) -> ExitCode {
    let (mut scenarios, mut errors) = (0, 0);
    for path in &args.files {
        match check_file(path) {
            Ok((found, mistakes)) => {
                scenarios += found;
                errors += mistakes;
            }
            Err(why) => {
                output::print_error(&format!("error: {}: {why}\n", path.display()));
                errors += 1;
            }
        }
    }
    let files = args.files.len();
    output::print(&format!(
        "{scenarios} scenario{} in {files} file{}, {errors} mistake{}\n",
        plural(scenarios),
        plural(files),
        plural(errors)
    ));
    if errors == 0 { ExitCode::Success } else { ExitCode::Usage }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// How many sound scenarios and how many mistakes.
fn check_file(path: &Path) -> Result<(usize, usize), String> {
    let bytes = fs::read(path).map_err(|e| e.to_string())?;
    let text = String::from_utf8(bytes)
        .map_err(|e| format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()))?;
    let name = path.to_string_lossy();
    let area = deadzone_runner::area_of(&name);
    let parsed = deadzone_runner::parse(&name, &area, &text, true).map_err(|e| e.to_string())?;
    let diagnostics = &parsed.diagnostics;
    output::print_error(&deadzone_script::render(&name, &text, diagnostics, output::colour()));
    Ok((parsed.scenarios.len(), diagnostics.iter().filter(|d| d.severity == Severity::Error).count()))
}
