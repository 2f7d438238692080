//! Ten simulated hours of every link profile: what it asks for, where that comes from, and what comes out. More than 10 %
//! off, or more than 10 s of wall time for one profile, ends with an error. A bench, because a clock is looked at.

#![expect(clippy::print_stdout, reason = "a bench tells its result")]

#[path = "../../harness/link/tests/measure/mod.rs"]
mod measure;

use std::{process::ExitCode, time::Instant};

use measure::{Extent, Line, catalogue, quantile, table};

const HOURS: u64 = 10;
/// So many outages, hand-overs and so on are waited for, if ten hours have fewer; and so many bytes of a stream at most.
const EXTENT: Extent = Extent { seconds: HOURS * 3600, events: 3_000.0, messages: 4.5e6, bytes: 1e9 };
const OFF_MAX: f64 = 0.10;
const WALL_MAX_S: f64 = 10.0;
const MESSAGES: u64 = 10_000;

fn main() -> ExitCode {
    let mut wrong = 0;
    println!(
        "{HOURS} h of each profile, and longer where 3000 of what is counted take longer. Each process by itself but for `whole`.\n\
         Bytes are counted at the profile's own rate with a full queue, until a gigabyte has passed; a stream that is over\n\
         sooner is set against what the rate was in its seconds. Stalls and hand-overs are gaps in a stream of 8 kbit/s.\n\
         A correlation may be off by 0.03. `whole` has no asked value: small messages with every process on.\n"
    );
    println!("{:<12} {:<28} {:>12} {:>12} {:>6}  source", "profile", "what", "asked", "got", "off");
    let mut worst = Vec::new();
    for profile in catalogue().profiles().filter(|p| !p.overlay) {
        let started = Instant::now();
        let lines = table(profile, EXTENT);
        let trips = profile.round_trips_us(MESSAGES, 0);
        let wall_s = started.elapsed().as_secs_f64();
        for line in &lines {
            let bad = line.is_beyond(OFF_MAX);
            wrong += u32::from(bad);
            let mark = match (bad, line.is_no_chance()) {
                (true, _) => "  <-- off",
                (false, true) => "  (more than four deviations)",
                (false, false) => "",
            };
            println!("{:<12} {}{mark}", profile.name, row(line));
        }
        for (part, name) in [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")] {
            let got = quantile(&trips, part) / 1000.0;
            println!(
                "{:<12} {:<28} {:>12} {got:>12.3}         ms",
                profile.name,
                format!("whole: round trip {name}"),
                "-"
            );
        }
        let slow = if wall_s > WALL_MAX_S { "  <-- too slow" } else { "" };
        wrong += u32::from(wall_s > WALL_MAX_S);
        let most =
            lines.iter().filter(|line| line.least_off == 0.0).max_by(|a, b| a.off().total_cmp(&b.off()));
        let most =
            most.map_or_else(String::new, |line| format!("{:.1} % ({})", line.off() * 100.0, line.what));
        worst.push(format!("{:<12} worst {most}; {wall_s:.1} s{slow}", profile.name));
    }
    println!("\n{}", worst.join("\n"));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(line: &Line) -> String {
    let off = line.off() * 100.0;
    format!(
        "{:<28} {:>12.3} {:>12.3} {off:>5.1}%  {} {}",
        line.what, line.asked, line.got, line.unit, line.source
    )
}
