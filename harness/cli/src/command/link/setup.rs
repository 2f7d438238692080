//! The command line or the file to what the proxy serves: addresses, and faults in the scenario language.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use deadzone_proxy::{
    CONNECTIONS_MAX, Cell, DIAL_LIMIT, LinkConfig, LinkEntry, LinkStep, LinksFile, ModemKind, Profile,
};

use crate::{
    args::{LinkArgs, Modem},
    output,
};

/// Seed where none is given: any number will do, as long as it is everybody's.
pub(crate) const DEFAULT_SEED: u64 = 0x5eed;

/// Every link that is asked for.
pub(crate) fn configs(args: &LinkArgs) -> anyhow::Result<Vec<LinkConfig>> {
    let entries = match &args.config {
        Some(path) => {
            let shown = path.display();
            let text = fs::read_to_string(path).with_context(|| format!("could not read {shown}"))?;
            LinksFile::parse(&text).with_context(|| format!("{shown} can't be used"))?.link
        }
        None => vec![typed(args)?],
    };
    entries.into_iter().zip(1..).map(|(entry, number)| config(entry, number, args)).collect()
}

/// The profile of a link at packet level, and what listens outside of it, if anything does.
pub(super) fn packet(args: &LinkArgs) -> anyhow::Result<(Profile, Option<LinkConfig>)> {
    let spec = args.profile.as_deref().context("give --profile")?;
    let outside = match &args.upstream {
        Some(_) => Some(config(typed(args)?, 1, args)?),
        None => None,
    };
    Ok((profile(spec, &args.set)?, outside))
}

/// The one link of the command line.
fn typed(args: &LinkArgs) -> anyhow::Result<LinkEntry> {
    let Some(upstream) = args.upstream.clone() else {
        bail!("give --upstream HOST:PORT, or --config FILE");
    };
    let modem = match args.modem {
        Modem::PerConnection => ModemKind::PerConnection,
        Modem::PerSource => ModemKind::PerSource,
    };
    Ok(LinkEntry {
        name: None,
        listen: args.listen.clone(),
        upstream,
        profile: args.profile.clone(),
        set: args.set.clone(),
        cell: args.cell,
        seed: args.seed,
        faults: args.fault.clone(),
        modem,
        connections: args.connections,
    })
}

fn config(entry: LinkEntry, number: usize, args: &LinkArgs) -> anyhow::Result<LinkConfig> {
    let upstream = entry.upstream.strip_prefix("mqtt://").unwrap_or(&entry.upstream).to_owned();
    let port = upstream
        .rsplit_once(':')
        .and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
    if port.is_none() {
        bail!("upstream `{upstream}`: expected HOST:PORT ([HOST]:PORT for IPv6)");
    }
    let profile = match &entry.profile {
        Some(spec) => Some(profile(spec, &entry.set)?),
        None => None,
    };
    let steps = entry.faults.iter().map(|text| fault(text)).collect::<anyhow::Result<_>>()?;
    // Not an address: seeds and records are the same on every machine.
    let unnamed = || if number == 1 { "link".to_owned() } else { format!("link-{number}") };
    Ok(LinkConfig {
        name: entry.name.unwrap_or_else(unnamed),
        listen: entry.listen,
        upstream,
        profile,
        seed: entry.seed.or(args.seed).unwrap_or(DEFAULT_SEED),
        cell: entry.cell.then(Cell::new),
        steps,
        modem: entry.modem,
        connections_max: entry.connections.unwrap_or(CONNECTIONS_MAX),
        dial_limit: DIAL_LIMIT,
        recorded: args.history.is_some(),
        decisions: None,
    })
}

/// A profile that the command carries, or one from a file beside which its traces lie.
fn profile(spec: &str, changes: &[String]) -> anyhow::Result<Profile> {
    let path = Path::new(spec);
    let mut profile = if spec.ends_with(".toml") || spec.contains('/') {
        let text = fs::read_to_string(path).with_context(|| format!("could not read {spec}"))?;
        let mut catalogue = deadzone_runner::profiles().clone();
        for trace in traces(&text) {
            let file = path.with_file_name(&trace);
            let shown = file.display();
            let text = fs::read_to_string(&file).with_context(|| format!("could not read {shown}"))?;
            catalogue.add_trace(&trace, &text);
        }
        let name = path.file_stem().map_or_else(|| spec.into(), |stem| stem.to_string_lossy());
        catalogue.add(&name, &text)?;
        catalogue.get(&name)?
    } else {
        deadzone_runner::profiles().get(spec)?
    };
    changes.iter().try_for_each(|change| profile.set(change))?;
    Ok(profile)
}

/// The files that `trace` names. Whatever else is wrong with the text is found when it is read as a profile.
fn traces(text: &str) -> Vec<String> {
    let table: toml::Table = text.parse().unwrap_or_default();
    match table.get("trace") {
        Some(toml::Value::String(name)) => vec![name.clone()],
        Some(toml::Value::Table(ways)) => {
            ways.values().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

fn fault(text: &str) -> anyhow::Result<LinkStep> {
    deadzone_script::parse_fault(text).map_err(|(line, mistakes)| {
        output::print_error(&deadzone_script::render("fault", &line, &mistakes, output::colour()));
        anyhow::anyhow!("`{text}` is no fault of a link")
    })
}
