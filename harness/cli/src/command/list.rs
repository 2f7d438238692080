//! `deadzone list`.

use std::fmt::Write;

use deadzone_runner::{ExitCode, RunError, Tier, why_not_gentle};
use deadzone_script::Scenario;

use crate::{args::ListArgs, output};

/// Longest line.
const LINE: usize = 2_000;

pub(crate) fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let suite = super::suite(&args.choice.own.files, args.choice.own.only_mine)?;
    let selection = args.choice.selection(args.choice.tier);
    selection.check(suite.scenarios.iter().map(AsRef::as_ref)).map_err(RunError::from)?;
    let mut text = String::new();
    let mut count = 0;
    for scenario in &suite.scenarios {
        let versions: Vec<&str> =
            scenario.versions.iter().filter(|v| selection.holds(scenario, **v)).map(|v| v.as_str()).collect();
        if versions.is_empty() {
            continue;
        }
        count += 1;
        entry(&mut text, scenario, &versions)?;
    }
    writeln!(text, "{count} scenarios")?;
    // Ids, titles and tags are text of a file.
    let lines = text.lines().map(|line| deadzone_reports::on_one_line(line, LINE) + "\n");
    output::print(&lines.collect::<String>());
    Ok(if count == 0 { ExitCode::NothingRan } else { ExitCode::Success })
}

fn entry(text: &mut String, scenario: &Scenario, versions: &[&str]) -> std::fmt::Result {
    let catches: Vec<&str> = scenario.catches.iter().map(|c| c.name.as_str()).collect();
    writeln!(text, "{}  [{}]\n    {}", scenario.id, versions.join(", "), scenario.title)?;
    let clauses = deadzone_spec::joined(&scenario.clauses);
    writeln!(text, "    clauses  {clauses}\n    catches  {}", catches.join(" "))?;
    if let Some(gate) = scenario.gate {
        writeln!(text, "    gate     {gate}")?;
    }
    if !scenario.stands_on.is_empty() {
        let gates: Vec<&str> = scenario.stands_on.iter().map(|gate| gate.name()).collect();
        writeln!(text, "    stands   on {}", gates.join(" "))?;
    }
    if scenario.times > 1 {
        writeln!(text, "    times    {}", scenario.times)?;
    }
    if !scenario.tags.is_empty() {
        writeln!(text, "    tags     {}", scenario.tags.join(" "))?;
    }
    // What most are is not said of each.
    match Tier::of(scenario) {
        Tier::Full => {}
        tier => writeln!(text, "    tier     {tier}")?,
    }
    if let Some(why) = why_not_gentle(scenario) {
        writeln!(text, "    gentle   no: {why}")?;
    }
    Ok(())
}
