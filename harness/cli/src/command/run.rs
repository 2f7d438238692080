//! `deadzone run`.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, anyhow};
use deadzone_reports::{Terminal, TerminalOptions, Verbosity, shell_word};
use deadzone_runner::{EmbeddedSpec, ExitCode, Expectations, Gentle, Options, RunError, TargetSpec};
use deadzone_transport::Endpoint;
use deadzone_verdict::RunEvent;

use super::{often, report_files::ReportFiles, scripts::Scripts};
use crate::{
    args::RunArgs,
    config::{Config, DEFAULT_LONG_BOUND_S, DEFAULT_TIMEOUT_S},
    foreign_links, output,
    progress::Progress,
    signals,
};

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let mut reports = ReportFiles::at(&args.outputs.junit, &args.outputs.json);
    let ended = perform(args, &mut reports);
    reports.or_why_not(ended)
}

fn perform(args: &RunArgs, reports: &mut ReportFiles) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(&args.target, &args.choice, &args.outputs, args.links.as_deref())?;
    if args.show_config {
        output::print(&config.show());
        return Ok(ExitCode::Success);
    }
    *reports = ReportFiles::at(&config.junit.value, &config.json.value);
    reports.begin()?;
    let options = options(args, &config)?;
    let suite = super::suite(&config.files.value, config.only_mine.value)?;
    if let Some(runs) = args.runs {
        return often::run_often(args, &config, &suite, &options, runs);
    }
    make_room(&config)?;
    let scripts = Scripts::into(&config.repro.value)?;
    let mut terminal = Terminal::new(terminal_options(args.telling.verbosity()));
    let mut progress = Progress::new(config.long_bound_s.value, args.telling.tells_what_goes_on());
    let mut reported = Ok(());
    let summary = deadzone_runner::run(&suite, &options, &mut |event: RunEvent| {
        progress.around(&event, || {
            // A reader that went away must not end the run: reports are still to be written.
            let _ = terminal.observe(&event, &mut output::ForPeople);
        });
        if matches!(event, RunEvent::Finished(_)) {
            // Now, and not after the target has been stopped.
            let written = scripts.write(terminal.model());
            reported = reports.write(terminal.model()).and(written);
        }
    })?;
    reported?;
    Ok(ExitCode::known(summary.exit_code))
}

/// Finds out before the run, not after it, that a history has nowhere to go.
fn make_room(config: &Config) -> anyhow::Result<()> {
    let Some(folder) = &config.history.value else { return Ok(()) };
    fs::create_dir_all(folder).with_context(|| format!("could not write to {}", folder.display()))
}

fn options(args: &RunArgs, config: &Config) -> anyhow::Result<Options> {
    let mut target = TargetSpec::parse(&config.broker.value, &config.entry.read()?)?;
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
        selection: args.choice.selection(config.tier.value),
        versions: config.versions.value.clone(),
        jobs: config.jobs.value,
        seed: config.seed.value,
        timeout_ms: config.timeout_s.value * 1000,
        timeout_scale: config.timeout_scale.value,
        history: config.history.value.clone(),
        scripts: config.repro.value.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
        fail_fast: config.fail_fast.value,
        quick: config.quick.value,
        long_bound_s: config.long_bound_s.value,
        command: repeat_command(args, config),
        cancel: signals::cancel_flag(),
        spread: config.spread.value,
        panic_in: args.panic_in.clone(),
        manners: config.manners(),
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
    let mut add = |option: &str, value: &str| words.extend([option.to_owned(), shell_word(value)]);
    if config.broker.value != "embedded" {
        let shown = Endpoint::without_password(&config.broker.value);
        add("--broker", &shown);
        if shown != config.broker.value && !config.entry.has_password() {
            add("--password-file", "PASSWORD_FILE");
        }
    }
    for (option, value) in config.entry.options() {
        words.push(option.to_owned());
        words.extend(value.as_deref().map(shell_word));
    }
    let mut add = |option: &str, value: &str| words.extend([option.to_owned(), shell_word(value)]);
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
    if config.only_mine.value {
        words.push("--only-mine".to_owned());
    }
    if config.spread.value {
        words.push("--spread".to_owned());
    }
    match config.gentle.value {
        Gentle::Judged => {}
        Gentle::Always => words.push("--gentle".to_owned()),
        Gentle::Never => words.push("--disruptive".to_owned()),
    }
    words.join(" ")
}

pub(super) fn terminal_options(verbosity: Verbosity) -> TerminalOptions {
    let mut options = TerminalOptions { colour: output::colour(), verbosity, ..TerminalOptions::plain() };
    if let Some(width) = output::width() {
        (options.width, options.whole_commands) = (width, false);
    }
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    options.ascii = locale.is_some_and(|l| !l.to_lowercase().replace('-', "").contains("utf8"));
    options
}
