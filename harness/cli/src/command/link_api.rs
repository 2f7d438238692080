//! `deadzone link --api`: Toxiproxy's HTTP API, until a signal ends it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::Ordering,
    time::Duration,
};

use deadzone_proxy::{
    LinkStep,
    toxiproxy::{Limits, Server, ServerOptions},
};
use deadzone_runner::ExitCode;

use super::link::{LinkHistory, header};
use crate::{args::LinkArgs, output, signals};

/// How often the signal flag is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Default seed: any number will do, as long as every process has the same.
const DEFAULT_SEED: u64 = 0x5eed;
/// Toxiproxy's own port.
const DEFAULT_API: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8474);

pub(crate) fn link_api(args: &LinkArgs) -> anyhow::Result<ExitCode> {
    let seed = args.seed.unwrap_or(DEFAULT_SEED);
    let options = ServerOptions {
        seed,
        metrics: args.metrics,
        catalogue: deadzone_runner::profiles().clone(),
        read_fault,
        limits: Limits::default(),
    };
    let cancel = signals::cancel_flag();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(Server::bind(args.api.unwrap_or(DEFAULT_API), options))?;
    // Once it listens: where it can't, no record stays behind.
    let history = match &args.history {
        // Its proxies are made later, by its clients.
        Some(folder) => {
            let header = header(&["--api".to_owned()], seed);
            Some(LinkHistory::begin(header, Some((folder, args.history_mib)), None)?)
        }
        None => None,
    };
    let recorder = history.as_ref().map(LinkHistory::recorder);
    let code = runtime.block_on(async {
        output::print(&format!("listening on http://{} (Toxiproxy's API)\n", server.address()));
        let stopped = async {
            let mut every = tokio::time::interval(LOOK_EVERY);
            while !cancel.load(Ordering::Relaxed) {
                every.tick().await;
            }
        };
        tokio::select! {
            biased;
            () = stopped => Ok(ExitCode::Success),
            served = server.run(recorder) => anyhow::Ok(served.map(|()| ExitCode::Success)?),
        }
    });
    // Connections that were still served end with it, and their records.
    drop(runtime);
    history.map_or(Ok(()), LinkHistory::finish)?;
    code
}

fn read_fault(text: &str) -> Result<LinkStep, String> {
    deadzone_script::parse_fault(text).map_err(|mistakes| {
        let said = mistakes.iter().map(|mistake| match &mistake.help {
            Some(help) => format!("{} ({help})", mistake.message),
            None => mistake.message.clone(),
        });
        said.collect::<Vec<_>>().join("; ")
    })
}
