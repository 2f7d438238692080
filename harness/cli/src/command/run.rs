//! `deadzone run`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, anyhow, bail};
use deadzone_reports::{RunModel, Terminal, TerminalOptions, Verbosity};
use deadzone_runner::{EmbeddedSpec, ExitCode, Expectations, Options, RunError, Selection, TargetSpec};
use deadzone_verdict::RunEvent;

use super::often;
use crate::{
    args::RunArgs,
    config::{Config, DEFAULT_LONG_BOUND_S, DEFAULT_TIMEOUT_S},
    foreign_links, output,
    progress::Progress,
    signals,
};

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(&args.target, &args.outputs, args.links.as_deref())?;
    if args.show_config {
        output::print(&config.show());
        return Ok(ExitCode::Success);
    }
    let options = options(args, &config)?;
    let suite = super::suite(&config.files.value)?;
    if let Some(runs) = args.runs {
        return often::run_often(args, &config, &suite, &options, runs);
    }
    make_room(&config)?;
    let mut terminal = Terminal::new(terminal_options(args.quiet, args.verbose));
    let mut progress = Progress::new();
    let mut stdout = anstream::stdout();
    let mut reported = Ok(());
    let summary = deadzone_runner::run(&suite, &options, &mut |event: RunEvent| {
        progress.around(&event, || {
            // A reader that went away must not end the run: reports are still to be written.
            let _ = terminal.observe(&event, &mut stdout);
        });
        if matches!(event, RunEvent::Finished(_)) {
            // Now, and not after the target has been stopped. A report that can't be written must not cost the other.
            let junit = write_junit(config.junit.value.as_deref(), terminal.model());
            let json = write_json(config.json.value.as_deref(), terminal.model());
            reported = junit.and(json);
        }
    })?;
    reported?;
    Ok(ExitCode::known(summary.exit_code))
}

/// Finds out before the run, not after it, that a report or history has nowhere to go.
fn make_room(config: &Config) -> anyhow::Result<()> {
    if let Some(folder) = &config.history.value {
        fs::create_dir_all(folder).with_context(|| format!("could not write to {}", folder.display()))?;
    }
    has_room([&config.junit.value, &config.json.value].into_iter().flatten())
}

pub(super) fn has_room<'a>(reports: impl Iterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    for file in reports {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        if !folder.is_dir() || file.is_dir() {
            bail!("could not write {}: no such folder, or a folder itself", file.display());
        }
    }
    Ok(())
}

pub(super) fn write_junit(path: Option<&Path>, model: &RunModel) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    output::write_file(path, &deadzone_reports::junit(model).context("could not render the JUnit report")?)
}

pub(super) fn write_json(path: Option<&Path>, model: &RunModel) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let document = deadzone_reports::run_document(model).and_then(|d| d.to_json());
    output::write_file(path, &document.context("could not render the JSON report")?)
}

fn options(args: &RunArgs, config: &Config) -> anyhow::Result<Options> {
    let mut target = TargetSpec::parse(&config.broker.value)?;
    if let Some(spec) = target.switches() {
        *spec = embedded(&args.defect, &args.variant)?;
    } else if !args.defect.is_empty() || !args.variant.is_empty() {
        return Err(anyhow!(
            "--defect and --variant belong to the reference broker; another one takes --mutant"
        ));
    }
    if args.mutant.is_some() && config.links.value.is_some() {
        return Err(anyhow!("a mutant stands where foreign links would: take one of them away"));
    }
    let mutant = args.mutant.as_deref().map(str::parse).transpose().map_err(|e: String| anyhow!(e))?;
    Ok(Options {
        target,
        mutant,
        links: foreign_links::provider(config.links.value.as_deref())?,
        selection: Selection::new(args.select.clone()),
        versions: config.versions.value.clone(),
        jobs: config.jobs.value,
        seed: config.seed.value,
        timeout_ms: config.timeout_s.value * 1000,
        timeout_scale: config.timeout_scale.value,
        history: config.history.value.clone(),
        fail_fast: config.fail_fast.value,
        quick: config.quick.value,
        long_bound_s: config.long_bound_s.value,
        command: repeat_command(args, config),
        cancel: signals::cancel_flag(),
        panic_in: args.panic_in.clone(),
        expect: expectations(config.expect.value.as_deref())?,
    })
}

fn expectations(file: Option<&Path>) -> anyhow::Result<Option<Arc<Expectations>>> {
    let read = file.map(Expectations::read).transpose().map_err(RunError::from)?;
    Ok(read.map(Arc::new))
}

/// Defects and variants by name.
pub(super) fn embedded(defects: &[String], variants: &[String]) -> anyhow::Result<EmbeddedSpec> {
    let mut spec = EmbeddedSpec::default();
    for name in defects {
        spec.defects.insert(
            name.parse().map_err(|_| anyhow!("unknown defect `{name}`: see `deadzone broker --list`"))?,
        );
    }
    for name in variants {
        spec.variants.insert(
            name.parse().map_err(|_| anyhow!("unknown variant `{name}`: see `deadzone broker --list`"))?,
        );
    }
    Ok(spec)
}

/// The words that repeat this run, but for the version and the scenario.
fn repeat_command(args: &RunArgs, config: &Config) -> String {
    let mut words: Vec<String> = ["deadzone", "run"].map(str::to_owned).to_vec();
    let mut add = |option: &str, value: &str| words.extend([option.to_owned(), quoted(value)]);
    if config.broker.value != "embedded" {
        add("--broker", &config.broker.value);
    }
    args.defect.iter().for_each(|d| add("--defect", d));
    args.variant.iter().for_each(|v| add("--variant", v));
    args.mutant.iter().for_each(|m| add("--mutant", m));
    if args.runs.is_none() {
        add("--seed", &format!("0x{:x}", config.seed.value));
    }
    if config.timeout_s.value != DEFAULT_TIMEOUT_S {
        add("--timeout", &config.timeout_s.value.to_string());
    }
    config.links.value.iter().for_each(|l| add("--links", l));
    if config.long_bound_s.value != DEFAULT_LONG_BOUND_S {
        add("--long-bound", &config.long_bound_s.value.to_string());
    }
    if config.timeout_scale.value != 1.0 {
        add("--timeout-scale", &config.timeout_scale.value.to_string());
    }
    config.files.value.iter().for_each(|f| add("--scenarios", &f.to_string_lossy()));
    words.join(" ")
}

/// As a shell takes it for one word.
pub(super) fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,[]".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

pub(super) fn terminal_options(quiet: bool, verbose: bool) -> TerminalOptions {
    let mut options = TerminalOptions::plain();
    options.colour = output::colour();
    options.verbosity = match (quiet, verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    if let Some(width) = std::env::var("COLUMNS").ok().and_then(|c| c.parse::<usize>().ok()) {
        options.width = width.clamp(60, 200);
    }
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    options.ascii = locale.is_some_and(|l| !l.to_lowercase().replace('-', "").contains("utf8"));
    options
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(quoted("mqtt://127.0.0.1:1883"), "mqtt://127.0.0.1:1883");
        assert_eq!(quoted("my file.mqt"), "'my file.mqt'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
