//! `deadzone check`.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_runner::{ExitCode, OwnFile, SuiteError, own_files, same_id, text_of};
use deadzone_script::{Scenario, Severity};

use crate::{args::CheckArgs, output};

pub(crate) fn check(args: &CheckArgs) -> ExitCode {
    let mut scenarios: Vec<Arc<Scenario>> = Vec::new();
    let (mut files, mut errors) = (0, 0);
    let mut complain = |why: &dyn std::fmt::Display| {
        output::print_error(&format!("error: {why}\n"));
        errors += 1;
    };
    let (mut mistakes, mut seen) = (0, BTreeSet::new());
    for path in &args.files {
        match own_files(std::slice::from_ref(path)) {
            Err(why) => {
                files += 1;
                complain(&why);
            }
            Ok(found) => {
                for file in found.into_iter().filter(|file| seen.insert(file.place.clone())) {
                    files += 1;
                    match check_file(&file) {
                        Ok((found, n)) => {
                            scenarios.extend(found.into_iter().map(Arc::new));
                            mistakes += n;
                        }
                        Err(why) => complain(&why),
                    }
                }
            }
        }
    }
    if let Some((first, second)) = same_id(&scenarios) {
        let place = |scenario: &Scenario| format!("{}:{}", scenario.file, scenario.at.line);
        complain(&format!(
            "two scenarios have the id `{}`: {} and {}",
            second.id,
            place(first),
            place(second)
        ));
    }
    let errors = errors + mistakes;
    output::print(&format!(
        "{} scenario{} in {files} file{}, {errors} mistake{}\n",
        scenarios.len(),
        plural(scenarios.len()),
        plural(files),
        plural(errors)
    ));
    if errors == 0 { ExitCode::Success } else { ExitCode::Usage }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// The sound scenarios, and how many mistakes.
fn check_file(file: &OwnFile) -> Result<(Vec<Scenario>, usize), SuiteError> {
    let text = text_of(&file.name)?;
    let parsed = deadzone_runner::parse(&file.name, &file.area, &text, true)?;
    let diagnostics = &parsed.diagnostics;
    output::print_error(&deadzone_script::render(&file.name, &text, diagnostics, output::colour()));
    let mistakes = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    Ok((parsed.scenarios, mistakes))
}
