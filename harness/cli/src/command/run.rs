//! `deadzone run`.

use anyhow::{Context, anyhow};
use deadzone_history::RunEvent;
use deadzone_reports::{Terminal, TerminalOptions, Verbosity};
use deadzone_runner::{EmbeddedSpec, ExitCode, Options, Selection, TargetSpec};

use crate::{args::RunArgs, config::Config, foreign_links, output, progress::Progress, signals};

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let config = Config::resolve(&args.target)?;
    if args.show_config {
        output::print(&config.show());
        return Ok(ExitCode::Success);
    }
    let options = options(args, &config)?;
    let suite = super::suite(&config.files.value)?;
    let mut terminal = Terminal::new(terminal_options(args));
    let mut progress = Progress::new();
    let mut stdout = anstream::stdout();
    let summary = deadzone_runner::run(&suite, &options, &mut |event: RunEvent| {
        progress.around(&event, || {
            // A reader that went away must not end the run: reports are still to be written.
            let _ = terminal.observe(&event, &mut stdout);
        });
    })?;
    let model = terminal.model();
    if let Some(path) = &args.junit {
        let text = deadzone_reports::junit(model).context("could not render the JUnit report")?;
        output::write_file(path, &text)?;
    }
    if let Some(path) = &args.json {
        let text = deadzone_reports::run_document(model)
            .and_then(|d| d.to_json())
            .context("could not render the JSON report")?;
        output::write_file(path, &text)?;
    }
    Ok(code(summary.exit_code))
}

/// The summary's code as ours.
fn code(code: u8) -> ExitCode {
    [
        ExitCode::Success,
        ExitCode::Failure,
        ExitCode::Inconclusive,
        ExitCode::NothingRan,
        ExitCode::StaleExpectation,
        ExitCode::Interrupted,
    ]
    .into_iter()
    .find(|c| *c as u8 == code)
    .unwrap_or(ExitCode::Bug)
}

fn options(args: &RunArgs, config: &Config) -> anyhow::Result<Options> {
    let mut target = TargetSpec::parse(&config.broker.value)?;
    if let TargetSpec::Embedded(spec) = &mut target {
        *spec = embedded(&args.defect, &args.variant)?;
    } else if !args.defect.is_empty() || !args.variant.is_empty() {
        return Err(anyhow!(
            "--defect and --variant belong to the embedded broker; a real one takes --mutant"
        ));
    }
    let mutant = args.mutant.as_deref().map(str::parse).transpose().map_err(|e: String| anyhow!(e))?;
    Ok(Options {
        target,
        mutant,
        links: foreign_links::provider(args.links.as_deref())?,
        selection: Selection::new(args.select.clone()),
        versions: config.versions.value.clone(),
        jobs: config.jobs.value,
        seed: config.seed.value,
        timeout_ms: config.timeout_s.value * 1000,
        timeout_scale: config.timeout_scale.value,
        history: args.history.clone(),
        fail_fast: args.fail_fast,
        command: repeat_command(args, config),
        cancel: signals::cancel_flag(),
        panic_in: args.panic_in.clone(),
    })
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
    let mut words = vec!["deadzone run".to_owned()];
    if config.broker.value != "embedded" {
        words.push(format!("--broker {}", config.broker.value));
    }
    words.extend(args.links.iter().map(|l| format!("--links {l}")));
    words.extend(args.defect.iter().map(|d| format!("--defect {d}")));
    words.extend(args.variant.iter().map(|v| format!("--variant {v}")));
    words.extend(args.mutant.iter().map(|m| format!("--mutant {m}")));
    words.push(format!("--seed 0x{:x}", config.seed.value));
    if config.timeout_scale.value != 1.0 {
        words.push(format!("--timeout-scale {}", config.timeout_scale.value));
    }
    words.extend(config.files.value.iter().map(|f| format!("--scenarios {}", f.display())));
    words.join(" ")
}

fn terminal_options(args: &RunArgs) -> TerminalOptions {
    let mut options = TerminalOptions::plain();
    options.colour = output::colour();
    options.verbosity = match (args.quiet, args.verbose) {
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
