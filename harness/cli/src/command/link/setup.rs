//! The command line or the file to what the proxy serves: addresses, and faults in the scenario language.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::{Context, bail};
use deadzone_proxy::{
    CONNECTIONS_MAX, Cell, DIAL_LIMIT, LinkConfig, LinkEntry, LinkStep, LinksFile, ModemKind, Profile,
};
use deadzone_target::text_file;

use super::profile::profile;

use crate::{
    args::{LinkArgs, Modem},
    output,
};

/// Seed where none is given: any number will do, as long as every process has the same.
pub(crate) const DEFAULT_SEED: u64 = 0x5eed;

/// Where a link listens by default.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1884);

/// Every link that is asked for.
pub(crate) fn configs(args: &LinkArgs) -> anyhow::Result<Vec<LinkConfig>> {
    let entries = match &args.config {
        Some(path) => {
            let shown = path.display();
            let text = text_file(path).with_context(|| format!("could not read {shown}"))?;
            let entries = LinksFile::parse(&text).with_context(|| format!("{shown} can't be used"))?.link;
            let folder = path.parent().unwrap_or_else(|| Path::new(""));
            let named = |(entry, number): (LinkEntry, usize)| {
                let name = name_of(&entry, number);
                config(entry, number, args, folder)
                    .with_context(|| format!("link `{name}` of {shown} can't be used"))
            };
            let configs: Vec<LinkConfig> =
                entries.into_iter().zip(1..).map(named).collect::<Result<_, _>>()?;
            // Chances and records go by the name.
            for (at, config) in configs.iter().enumerate() {
                if configs[..at].iter().any(|other| other.name == config.name) {
                    bail!("{shown} can't be used: two links are named `{}`", config.name);
                }
            }
            return Ok(configs);
        }
        None => typed(args)?,
    };
    if entries.profile.is_none() && (args.decisions.is_some() || args.replay.is_some()) {
        bail!("without --profile chance decides nothing: --decisions and --replay need one");
    }
    Ok(vec![config(entries, 1, args, Path::new(""))?])
}

/// A link's name. Not an address: seeds and records are the same on every machine.
fn name_of(entry: &LinkEntry, number: usize) -> String {
    let unnamed = || if number == 1 { "link".to_owned() } else { format!("link-{number}") };
    entry.name.clone().unwrap_or_else(unnamed)
}

/// The profile of a link at packet level, and what listens outside of it, if anything does.
pub(super) fn packet(args: &LinkArgs) -> anyhow::Result<(Profile, Option<LinkConfig>)> {
    let spec = args.profile.as_deref().context("give --profile")?;
    let outside = match &args.upstream {
        Some(_) => Some(config(typed(args)?, 1, args, Path::new(""))?),
        None if !args.listen.is_empty() || args.connections.is_some() => {
            bail!("--listen and --connections need --upstream: without it nothing listens outside");
        }
        None => None,
    };
    Ok((profile(spec, &args.set, Path::new(""))?, outside))
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
        listen: if args.listen.is_empty() { vec![DEFAULT_LISTEN] } else { args.listen.clone() },
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

/// What an entry asks for; files that it names lie in this folder, or where their paths lead from there.
fn config(entry: LinkEntry, number: usize, args: &LinkArgs, folder: &Path) -> anyhow::Result<LinkConfig> {
    let upstream = entry.upstream.strip_prefix("mqtt://").unwrap_or(&entry.upstream).to_owned();
    let port = upstream.rsplit_once(':').and_then(|(host, port)| {
        port.parse::<u16>().ok().filter(|_| !host.is_empty() && !host.contains('/'))
    });
    if port.is_none_or(|port| port == 0) {
        bail!(
            "upstream `{upstream}`: expected HOST:PORT ([HOST]:PORT for IPv6); TLS passes through, so it needs no scheme"
        );
    }
    if entry.profile.is_none() && (entry.cell || !entry.set.is_empty()) {
        bail!("`set` and `cell` belong to a `profile`, and there is none");
    }
    let profile = match &entry.profile {
        Some(spec) => Some(profile(spec, &entry.set, folder)?),
        None => None,
    };
    let steps = entry.faults.iter().map(|text| fault(text)).collect::<anyhow::Result<_>>()?;
    Ok(LinkConfig {
        name: name_of(&entry, number),
        listen: entry.listen,
        upstream,
        profile,
        seed: entry.seed.or(args.seed).unwrap_or(DEFAULT_SEED),
        cell: entry.cell.then(Cell::new),
        steps,
        modem: entry.modem,
        connections_max: match entry.connections {
            Some(0) => bail!("`connections` is 0: no client could connect"),
            most => most.unwrap_or(CONNECTIONS_MAX),
        },
        dial_limit: DIAL_LIMIT,
        recorded: args.history.is_some() || args.judge,
        decisions: None,
    })
}

fn fault(text: &str) -> anyhow::Result<LinkStep> {
    deadzone_script::parse_fault(text).map_err(|mistakes| {
        output::print_error(&deadzone_script::render("fault", text, &mistakes, output::colour()));
        anyhow::anyhow!("the fault `{text}` can't be used")
    })
}
