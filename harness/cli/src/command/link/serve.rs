//! Serves the links until a signal, and then says what happened. Knows no faults and no bytes.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use deadzone_proxy::{Clock, LinkConfig, Links, ListenError, Registry, listen};
use deadzone_runner::ExitCode;

use super::{
    decisions::Journal,
    history::{LinkHistory, header},
    judged::Judging,
    report, setup,
    status::Status,
};
use crate::{args::LinkArgs, command::report_files::ReportFiles, output, signals};

#[cfg(target_os = "linux")]
use super::packet::packet;

/// How often the signal flag is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How many looks go by between two states of the status line.
pub(super) const LOOKS_A_STATUS: u32 = 5;
/// How many looks the open connections get to end, once a signal came.
pub(super) const LOOKS_AT_END: u32 = 20;

pub(crate) fn link(args: &LinkArgs) -> anyhow::Result<ExitCode> {
    if args.packet {
        return packet(args);
    }
    let mut reports = ReportFiles::at(&None, &args.json);
    let ended = serve(args, &mut reports);
    reports.or_why_not(ended)
}

fn serve(args: &LinkArgs, reports: &mut ReportFiles) -> anyhow::Result<ExitCode> {
    reports.begin()?;
    let mut configs = setup::configs(args)?;
    let mut journal = Journal::open(args)?;
    configs.iter_mut().for_each(|config| config.decisions.clone_from(&journal.book));
    let cancel = signals::cancel_flag();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (clock, board) = (Clock::new(), Arc::new(Registry::default()));
    let several = configs.len() > 1;
    let listening = runtime.block_on(async { listening(&configs, clock, &board) })?;
    // Once all listen: where one can't, no record stays behind.
    let (history, judging) = begin(args, &configs)?;
    let recorder = history.as_ref().map(LinkHistory::recorder);
    let code = runtime.block_on(async {
        let text: String =
            listening.iter().map(|link| report::listening(link, several)).collect::<Result<_, _>>()?;
        journal.begin(args)?;
        output::print(&text);
        let spawn = |link: Links| tokio::spawn(link.serve(recorder.clone()));
        let serving: Vec<_> = listening.into_iter().map(spawn).collect();
        let status = Status::new();
        let mut every = tokio::time::interval(LOOK_EVERY);
        let mut broken = false;
        for look in 0_u32.. {
            every.tick().await;
            if cancel.load(Ordering::Relaxed) {
                break;
            }
            // They listen for ever, unless something of ours breaks.
            broken = serving.iter().any(tokio::task::JoinHandle::is_finished);
            if broken {
                break;
            }
            if look % LOOKS_A_STATUS == 0 {
                status.show(&board);
                if let Err(error) = journal.write() {
                    tracing::error!("{error:#}");
                }
            }
        }
        serving.iter().for_each(tokio::task::JoinHandle::abort);
        board.stop();
        for _ in 0..LOOKS_AT_END {
            if board.sums().open == 0 {
                break;
            }
            every.tick().await;
        }
        status.clear();
        output::print(&report::report(&board, clock.now_us(), several));
        anyhow::Ok(if broken { ExitCode::Bug } else { ExitCode::Success })
    });
    // Modems that outlived their connections, or that still had one, are gone with it.
    drop(runtime);
    journal.write()?;
    if let Some(history) = history {
        history.finish()?;
    }
    judged(code?, judging, reports)
}

/// Every listener of every link.
fn listening(configs: &[LinkConfig], clock: Clock, board: &Arc<Registry>) -> Result<Vec<Links>, ListenError> {
    let mut all = Vec::new();
    for config in configs {
        all.extend(listen(config.clone(), clock, board)?);
    }
    Ok(all)
}

/// What the judges say decides where nothing else went wrong.
fn judged(code: ExitCode, judging: Option<Judging>, reports: &mut ReportFiles) -> anyhow::Result<ExitCode> {
    let Some(judging) = judging else { return Ok(code) };
    let judged = judging.finish(reports)?;
    Ok(if code == ExitCode::Success { judged } else { code })
}

/// The record of all links and their judges, as far as they are asked for. Each link has its own seed; the first one's stands in
/// the header.
fn begin(args: &LinkArgs, configs: &[LinkConfig]) -> anyhow::Result<(Option<LinkHistory>, Option<Judging>)> {
    let names: Vec<String> = configs.iter().map(|config| config.name.clone()).collect();
    let header = header(&names, configs.first().map_or(0, |config| config.seed));
    let folder = args.history.as_deref().map(|folder| (folder, args.history_mib));
    if folder.is_none() && !args.judge {
        return Ok((None, None));
    }
    let upstreams: Vec<&str> = configs.iter().map(|config| config.upstream.as_str()).collect();
    let (tap, judging) = match args.judge {
        true => Some(Judging::begin(header.clone(), &upstreams.join(", "))?).unzip(),
        false => (None, None),
    };
    Ok((Some(LinkHistory::begin(header, folder, tap)?), judging))
}

#[cfg(not(target_os = "linux"))]
fn packet(_: &LinkArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("--packet needs Linux: its network namespaces and TUN devices")
}
