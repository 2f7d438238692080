//! `deadzone probe`: what a broker is, offers and limits, found out by the gates of the suite.

use std::{fmt::Write, sync::Arc};

use anyhow::bail;
use clap::Args;
use deadzone_runner::{Capability, ExitCode, Options, RunError, Selection, TargetSpec, portrait};
use deadzone_transport::Endpoint;
use deadzone_verdict::{GateState, RunEvent, RunInfo, Source, Summary};

use crate::{
    args::{OutputArgs, TargetArgs},
    choice::ChoiceArgs,
    config::Config,
    entry::EntrySettings,
    output, signals,
};

/// Options of `probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// A URL, a target's name or a descriptor; instead of --broker
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) of: TargetArgs,
    /// Wait out no silence: where a gate is silent it is not known
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print a target file to start from
    #[arg(long)]
    pub(crate) toml: bool,
}

/// Longest reason that is shown, in characters.
const HOW_MAX: usize = 300;
/// The scenarios that are gates.
const GATES: &str = "gates";

pub(crate) fn probe(args: &ProbeArgs) -> anyhow::Result<ExitCode> {
    let mut of = args.of.clone();
    of.broker = args.target.clone().or(of.broker);
    if let Some(name) = of.broker.as_deref().filter(|broker| args.toml && !broker.contains("://")) {
        bail!("a target file is made of a URL; that of a preset is printed by `deadzone targets {name}`");
    }
    let config = Config::resolve(&of, &ChoiceArgs::default(), &OutputArgs::default(), None)?;
    let suite = super::suite(&[], false)?;
    let mut info: Option<Arc<RunInfo>> = None;
    let options = Options {
        selection: Selection::new(vec![GATES.to_owned()]),
        versions: config.versions.value.clone(),
        jobs: config.jobs.value,
        seed: config.seed.value,
        timeout_ms: config.timeout_s.value * 1000,
        timeout_scale: config.timeout_scale.value,
        quick: args.quick,
        long_bound_s: config.long_bound_s.value,
        cancel: signals::cancel_flag(),
        manners: config.manners(),
        ..Options::new(TargetSpec::parse(&config.broker.value, &config.entry.read()?)?)
    };
    let summary = deadzone_runner::run(&suite, &options, &mut |event| {
        if let RunEvent::Started(started) = event {
            info = Some(started);
        }
    })?;
    let info = info.ok_or(RunError::Interrupted)?;
    let found = portrait(&info, &summary.gates);
    let shown = Endpoint::without_password(&config.broker.value);
    output::print(&if args.toml {
        toml((&info, &found), &shown, &config.entry)
    } else {
        table(&info, &summary, &found)
    });
    Ok(ExitCode::Success)
}

fn table(info: &RunInfo, summary: &Summary, found: &[Capability]) -> String {
    let mut text = info.target.clone();
    for more in [info.target_version.as_deref(), info.address.as_deref()].into_iter().flatten() {
        let _ = write!(text, "  {more}");
    }
    let wide = |length: fn(&Capability) -> usize| found.iter().map(length).max().unwrap_or(0);
    let (names, values) = (wide(|t| t.name.len()), wide(|t| t.value.chars().count()));
    let mut version = None;
    for fact in found {
        if version.replace(fact.version) != Some(fact.version) {
            let _ = write!(text, "\n\nMQTT {}", fact.version);
        }
        let how = deadzone_reports::on_one_line(&fact.how, HOW_MAX);
        let (name, value, word) = (fact.name, &fact.value, fact.source.word());
        let line = format!("  {name:<names$}  {value:<values$}  {word:<10}  {how}");
        let _ = write!(text, "\n{}", line.trim_end());
    }
    let spoken = |gate: &&GateState| info.capabilities.iter().any(|offered| offered.version == gate.version);
    let gates: Vec<_> = summary.gates.iter().filter(spoken).collect();
    let open = gates.iter().filter(|gate| gate.state == "open").count();
    let _ =
        writeln!(text, "\n\n{open} of {} gates are open; what stands on another is not tried", gates.len());
    text
}

/// A descriptor with what was found; what no key can say stands in comments.
fn toml((info, found): (&RunInfo, &[Capability]), broker: &str, entry: &EntrySettings) -> String {
    let quoted = |text: &str| toml::Value::from(text);
    let mut text = format!("schema = \"deadzone.target/1\"\nname = {}\n", quoted(&info.target));
    let nodes: Vec<_> = Endpoint::list(broker).into_iter().map(quoted).collect();
    let _ = match nodes.as_slice() {
        [one] => writeln!(text, "address = {one}"),
        several => writeln!(text, "address = {}", toml::Value::Array(several.to_vec())),
    };
    for (option, value) in entry.options() {
        // A file's name is read from the descriptor's folder, wherever that will be.
        let whole = |name: String| match option {
            "--user" => name,
            _ => std::path::absolute(&name).map_or(name, |path| path.to_string_lossy().into_owned()),
        };
        let value = value.map_or_else(|| "true".to_owned(), |value| quoted(&whole(value)).to_string());
        let _ = writeln!(text, "{} = {value}", option.trim_start_matches("--").replace('-', "_"));
    }
    let mut qos: Option<(u8, String)> = None;
    let mut retained = true;
    for fact in found.iter().filter(|fact| fact.version == deadzone_wire::Version::V311) {
        match (fact.name, fact.value.parse::<u8>()) {
            ("maximum QoS", Ok(n)) if n < 2 => qos = Some((n, fact.how.clone())),
            ("retained messages", _) => retained = fact.value == "yes",
            _ => {}
        }
    }
    if let Some((qos, _)) = &qos {
        let _ = writeln!(text, "max_qos = {qos}");
    }
    if !retained {
        text.push_str("retained = false\n");
    }
    text.push_str("\n# What was found, and where it is known from:\n");
    for fact in found.iter().filter(|fact| fact.source != Source::Standard) {
        let how = deadzone_reports::on_one_line(&fact.how, HOW_MAX);
        let (name, value, word) = (fact.name, &fact.value, fact.source.word());
        let line = format!("# {} {name}: {value} ({word}) {how}", fact.version);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str("\n# Where the broker's documentation says so:\n[documented]\n");
    if let Some((_, how)) = qos {
        let _ = writeln!(text, "# max_qos = {}", quoted(&how));
    }
    text
}
