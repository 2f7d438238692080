//! `deadzone broker`: the reference broker for ordinary clients.

use std::{fmt::Write, sync::atomic::Ordering, time::Duration};

use anyhow::Context;
use deadzone_reference_broker::{Config, Defect, Limits, Server, Variant};
use deadzone_runner::{ExitCode, Mutant, RunError};
use tokio::{net::TcpListener, task::LocalSet};

use crate::{args::BrokerArgs, output, signals};

/// How often the signal flag is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) fn broker(args: &BrokerArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        output::print(&listing()?);
        return Ok(ExitCode::Success);
    }
    let spec = super::run::embedded(&args.defect, &args.variant)?;
    let config = Config { defects: spec.defects, variants: spec.variants, ..Config::default() };
    let cancel = signals::cancel_flag();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(args.listen)
            .await
            .map_err(|source| RunError::Listen { address: args.listen, source })?;
        output::print(&format!("listening on mqtt://{}\n", listener.local_addr()?));
        let server = Server::new(config);
        let timer = server.clone();
        tokio::task::spawn_local(async move { timer.run_timer().await });
        let stopped = async {
            let mut every = tokio::time::interval(LOOK_EVERY);
            while !cancel.load(Ordering::Relaxed) {
                every.tick().await;
            }
        };
        tokio::select! {
            biased;
            () = stopped => Ok(ExitCode::Success),
            served = server.listen(listener) => {
                served.context("could not accept connections")?;
                output::print_error("the broker has ended: its defect asks for it\n");
                Ok(ExitCode::Failure)
            }
        }
    })
}

/// Every bound of the broker, for `--help`.
pub(crate) fn limits() -> String {
    let row = |(name, value, what)| format!("  {name} = {value}\n      {what}\n");
    let rows: String = Limits::default().described().into_iter().map(row).collect();
    format!("Limits:\n{rows}")
}

fn listing() -> Result<String, std::fmt::Error> {
    let mut text = String::from("defects (deadzone broker --defect NAME, deadzone run --defect NAME)\n");
    for defect in Defect::ALL {
        writeln!(text, "  {:<36} {}", defect.name(), defect.what())?;
        writeln!(text, "  {:<36} {}  like {}", "", deadzone_spec::joined(defect.clauses()), defect.like())?;
    }
    text.push_str("legal variants (--variant NAME)\n");
    for variant in Variant::ALL {
        writeln!(text, "  {:<36} {}", variant.name(), variant.what())?;
    }
    text.push_str("mutants, in front of any broker (deadzone run --mutant NAME)\n");
    for mutant in Mutant::ALL {
        writeln!(text, "  {:<36} {}", mutant.name(), mutant.what())?;
    }
    Ok(text)
}
