//! `deadzone targets`: the brokers that deadzone can start, and how those come here that no package brings.

use std::{fmt::Write, sync::Arc};

use anyhow::bail;
use clap::{Args, Subcommand};
use deadzone_runner::{ExitCode, RunError};
use deadzone_target::{Descriptor, Entry, Recipe, Way};

use crate::{output, signals};

/// Options of `targets`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TargetsArgs {
    /// Show this one's descriptor: what is started how, and what it declares
    pub(crate) name: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<TargetsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TargetsCommand {
    /// Install what no package of the system brings, below DEADZONE_BROKERS or the user's data folder
    Install {
        /// Which.
        #[arg(required = true)]
        names: Vec<String>,
    },
}

pub(crate) fn targets(args: &TargetsArgs) -> anyhow::Result<ExitCode> {
    match (&args.command, &args.name) {
        (Some(TargetsCommand::Install { names }), _) => install(names),
        (None, Some(name)) => show(name),
        (None, None) => list(),
    }
}

fn list() -> anyhow::Result<ExitCode> {
    let mut here = String::new();
    let mut elsewhere = String::new();
    let mut untried = String::new();
    for (name, _) in deadzone_target::presets() {
        let (descriptor, recipe) = preset(name)?;
        let about = descriptor.about.unwrap_or_default();
        let tried = match descriptor.tried {
            Some(tried) => format!("tried: {tried}"),
            None => "not tried".to_owned(),
        };
        match recipe.missing() {
            None if tried == "not tried" => writeln!(untried, "  {name:<19} {about}")?,
            None => writeln!(here, "  {name:<19} {about}\n  {:<19} {tried}", "")?,
            Some(why) => {
                let why = why.to_string();
                let why = why.strip_prefix(&format!("{name}: ")).unwrap_or(&why).to_owned();
                writeln!(elsewhere, "  {name:<19} {about}\n  {:<19} {tried}\n  {:<19} {why}", "", "")?;
            }
        }
    }
    let mut text = format!("these can be started here (deadzone run --broker NAME):\n\n{here}");
    if !elsewhere.is_empty() {
        write!(text, "\nfor these something is missing:\n\n{elsewhere}")?;
    }
    if !untried.is_empty() {
        write!(text, "\nthese are written from documentation and not tried:\n\n{untried}")?;
    }
    text.push_str(
        "\nA file of your own is as good as these: deadzone targets NAME > mine.toml, then --broker ./mine.toml\n",
    );
    output::print(&text);
    Ok(ExitCode::Success)
}

fn show(name: &str) -> anyhow::Result<ExitCode> {
    let presets = deadzone_target::presets();
    let Some((_, text)) = presets.iter().find(|(known, _)| *known == name) else { bail!(unknown(name)) };
    output::print(&format!("# {name}. How targets are written: deadzone explain target\n{text}"));
    Ok(ExitCode::Success)
}

fn install(names: &[String]) -> anyhow::Result<ExitCode> {
    let cancel = signals::cancel_flag();
    for name in names {
        let (_, recipe) = preset(name)?;
        if recipe.missing().is_none() {
            output::print(&format!("{name} is installed\n"));
            continue;
        }
        let mut tell = |line: &str| output::print(&format!("{name}: {line}\n"));
        deadzone_target::install(&recipe, &cancel, &mut tell).map_err(RunError::from)?;
        if let Some(missing) = recipe.missing() {
            return Err(RunError::from(missing).into());
        }
        output::print(&format!("{name} is installed\n"));
    }
    Ok(ExitCode::Success)
}

fn preset(name: &str) -> anyhow::Result<(Descriptor, Arc<Recipe>)> {
    let Some(read) = deadzone_target::preset(name, &Entry::default()) else { bail!(unknown(name)) };
    let descriptor = read?;
    match &descriptor.way {
        Way::Started(recipe) => {
            let recipe = Arc::clone(recipe);
            Ok((descriptor, recipe))
        }
        Way::At(_) => bail!("{name} is not started by us"),
    }
}

fn unknown(name: &str) -> String {
    let presets = deadzone_target::presets();
    let near = deadzone_spec::nearest(name, presets.iter().map(|(known, _)| *known));
    format!(
        "there is no target `{name}`{}",
        near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"))
    )
}
