//! `deadzone link --packet`: the profile on IP packets between two network namespaces, until a signal.

use std::{
    fmt::{self, Write},
    sync::{Arc, atomic::Ordering},
};

use deadzone_proxy::{
    Identity, PacketSums, Registry, Sums,
    packet::{DEVICE, Ends, NETWORK, PacketRegistry},
};
use deadzone_runner::ExitCode;

use super::{
    report,
    serve::{LOOK_EVERY, LOOKS_A_STATUS, LOOKS_AT_END},
    setup,
    status::Status,
};
use crate::{args::LinkArgs, output, signals};

pub(super) fn packet(args: &LinkArgs) -> anyhow::Result<ExitCode> {
    let (profile, outside) = setup::packet(args)?;
    let cancel = signals::cancel_flag();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The same radio as that of the first connection of a byte-stream link with this seed.
        let seed = args.seed.unwrap_or(setup::DEFAULT_SEED);
        let identity = Identity { seed, scenario: "link".to_owned(), link: "1".to_owned() };
        let ends = Ends::open(&profile, identity)?;
        let (clock, packets) = (ends.clock(), Arc::new(PacketRegistry::default()));
        let (board, far) = (Arc::new(Registry::default()), Arc::new(Registry::default()));
        let mut text = String::new();
        if let Some(config) = &outside {
            for address in ends.serve(config, &board, &far)? {
                writeln!(text, "listening on {address} -> {}, {}", config.upstream, profile.name)?;
            }
        }
        let (device, network) = (ends.device.path(), ends.network.path());
        writeln!(text, "packet level, {}", profile.name)?;
        writeln!(text, "  the device  {DEVICE:<10}  nsenter --net={device} PROGRAM")?;
        writeln!(text, "  the network {NETWORK:<10}  nsenter --net={network} PROGRAM")?;
        output::print(&text);
        let carried = Arc::clone(&packets);
        let mut carrying = tokio::spawn(async move { ends.run(&carried).await });
        let status = Status::new();
        let mut every = tokio::time::interval(LOOK_EVERY);
        let mut looks = 0_u32;
        let failure = loop {
            tokio::select! {
                biased;
                _ = every.tick() => {}
                ended = &mut carrying => break ended?.err(),
            }
            if cancel.load(Ordering::Relaxed) {
                break None;
            }
            if looks.is_multiple_of(LOOKS_A_STATUS) {
                status.show_text(|| status_line(packets.sums()));
            }
            looks = looks.wrapping_add(1);
        };
        board.stop();
        for _ in 0..LOOKS_AT_END {
            if board.sums().open == 0 {
                break;
            }
            every.tick().await;
        }
        status.clear();
        let mut text = said(packets.sums());
        if outside.is_some() {
            text.push_str(&at_the_network(&far.sums()));
            text.push_str(&report::report(&board, clock.now_us(), false));
        }
        output::print(&text);
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(ExitCode::Success),
        }
    })
}

fn status_line([up, down]: [PacketSums; 2]) -> String {
    format!("packets  up {} ({} lost)  down {} ({} lost)", up.arrived, up.lost(), down.arrived, down.lost())
}

/// What crossed the radio as a stream, and how the connections below are to be read.
fn at_the_network(sums: &Sums) -> String {
    format!(
        "at the network's end\n  up      {} B given to upstream\n  down    {} B taken from upstream\n\
         below, `passed on` upwards is what the device's own TCP took to send, whether it crossed or not\n",
        sums.up.given, sums.down.acknowledged
    )
}

/// What happened to packets.
fn said([up, down]: [PacketSums; 2]) -> String {
    format!("packets\n  up      {}\n  down    {}\n", Told(up), Told(down))
}

struct Told(PacketSums);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums = &self.0;
        write!(f, "{} offered, {} arrived ({} B)", sums.offered, sums.arrived, sums.arrived_bytes)?;
        for (packets, why) in [
            (sums.noise, "to noise"),
            (sums.coverage, "without coverage"),
            (sums.queue, "to a full queue"),
            (sums.forgotten, "to forgotten translation"),
            (sums.moved, "to an old address"),
        ] {
            if packets > 0 {
                write!(f, ", {packets} lost {why}")?;
            }
        }
        Ok(())
    }
}
