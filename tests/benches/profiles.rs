//! Ten simulated hours of every link profile: what it asks for, where that comes from, and what comes out. More than 10 %
//! off, or more than 10 s of wall time for one profile, ends with an error. A bench, because a clock is looked at.

#![expect(clippy::print_stdout, reason = "a bench tells its result")]

#[path = "../../harness/link/tests/measure/mod.rs"]
mod measure;

use std::{process::ExitCode, time::Instant};

use measure::{catalogue, pings, quantile, seldom, table};

const HOURS: u64 = 10;
const OFF_MAX: f64 = 0.10;
/// So many outages, hand-overs and so on are waited for, if ten hours have fewer.
const EVENTS: f64 = 3_000.0;
const WALL_MAX_S: f64 = 10.0;

fn main() -> ExitCode {
    let mut wrong = 0;
    println!("{:<12} {:<26} {:>11} {:>11} {:>6}  source", "profile", "what", "asked", "got", "off");
    for profile in catalogue().profiles().filter(|p| !p.overlay) {
        let started = Instant::now();
        let lines = table(profile, HOURS * 3600);
        // As it comes, with everything: no number asks for these.
        let trips = pings(profile, HOURS * 3600, 10_000_000);
        let wall_s = started.elapsed().as_secs_f64();
        for line in lines.into_iter().chain(seldom(profile, EVENTS)) {
            let bad = line.off() > OFF_MAX;
            wrong += u32::from(bad);
            println!(
                "{:<12} {:<26} {:>11.3} {:>11.3} {:>5.1}%  {} {}{}",
                profile.name,
                line.what,
                line.asked,
                line.got,
                line.off() * 100.0,
                line.unit,
                line.source,
                if bad { "  <-- off" } else { "" }
            );
        }
        let all = [0.5, 0.9, 0.99, 0.999].map(|part| quantile(&trips, part) / 1000.0);
        let slow = if wall_s > WALL_MAX_S { "  <-- too slow" } else { "" };
        wrong += u32::from(wall_s > WALL_MAX_S);
        println!(
            "{:<12} whole: round trip p50 {:.0} p90 {:.0} p99 {:.0} p99.9 {:.0} ms; {HOURS} h in {wall_s:.1} s{slow}",
            profile.name, all[0], all[1], all[2], all[3]
        );
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
