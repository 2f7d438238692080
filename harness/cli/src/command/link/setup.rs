//! The command line or the file to what the proxy serves: addresses, and faults in the scenario language.

use std::fs;

use anyhow::{Context, bail};
use deadzone_proxy::{CONNECTIONS_MAX, DIAL_LIMIT, LinkConfig, LinkEntry, LinkStep, LinksFile, ModemKind};

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
    entries.into_iter().map(|entry| config(entry, args)).collect()
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
        profile: None,
        seed: args.seed,
        faults: args.fault.clone(),
        modem,
        connections: args.connections,
    })
}

fn config(entry: LinkEntry, args: &LinkArgs) -> anyhow::Result<LinkConfig> {
    let upstream = entry.upstream.strip_prefix("mqtt://").unwrap_or(&entry.upstream).to_owned();
    let port = upstream
        .rsplit_once(':')
        .and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
    if port.is_none() {
        bail!("upstream `{upstream}`: expected HOST:PORT ([HOST]:PORT for IPv6)");
    }
    if let Some(profile) = &entry.profile {
        bail!("profile `{profile}`: profiles are not there yet");
    }
    let steps = entry.faults.iter().map(|text| fault(text)).collect::<anyhow::Result<_>>()?;
    let first = entry.listen.first().map(ToString::to_string);
    Ok(LinkConfig {
        name: entry.name.or(first).unwrap_or_default(),
        listen: entry.listen,
        upstream,
        steps,
        modem: entry.modem,
        connections_max: entry.connections.unwrap_or(CONNECTIONS_MAX),
        dial_limit: DIAL_LIMIT,
        recorded: args.history.is_some(),
    })
}

fn fault(text: &str) -> anyhow::Result<LinkStep> {
    deadzone_script::parse_fault(text).map_err(|(line, mistakes)| {
        output::print_error(&deadzone_script::render("fault", &line, &mistakes, output::colour()));
        anyhow::anyhow!("`{text}` is no fault of a link")
    })
}
