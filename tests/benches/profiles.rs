//! Ten simulated hours of every link profile: what it asks for, where that comes from, and what comes out. More than 10 %
//! off ends with an error. A bench, because the wall time of each is printed; it fails nothing, since it is the machine's as well.

#![expect(clippy::print_stdout, reason = "a bench tells its result")]

#[path = "../../harness/link/tests/measure/mod.rs"]
mod measure;

use std::{fmt::Write as _, process::ExitCode, sync::Mutex, thread, time::Instant};

use deadzone_link::Profile;
use measure::{Extent, Line, catalogue, quantile, table};

const HOURS: u64 = 10;
/// So many outages, hand-overs and so on are waited for, if ten hours have fewer; and so many bytes of a stream at most.
const EXTENT: Extent = Extent { seconds: HOURS * 3600, events: 3_000.0, messages: 4.5e6, bytes: 1e9 };
const OFF_MAX: f64 = 0.10;
const MESSAGES: u64 = 10_000;

fn main() -> ExitCode {
    println!(
        "{HOURS} h of each profile, and longer where 3000 of what is counted take longer. Each process by itself but for `whole`.\n\
         Bytes are counted at the profile's own rate with a full queue, until a gigabyte has passed; a stream that is over\n\
         sooner is set against what the rate was in its seconds. Stalls and hand-overs are gaps in a stream of 8 kbit/s.\n\
         A correlation may be off by 0.03. `whole` has no asked value: small messages with every process on.\n"
    );
    println!("{:<12} {:<28} {:>12} {:>12} {:>6}  source", "profile", "what", "asked", "got", "off");
    let catalogue = catalogue();
    let waiting = Mutex::new(catalogue.profiles().filter(|p| !p.overlay).enumerate());
    let done = Mutex::new(Vec::new());
    let next = || waiting.lock().expect("no profile panicked").next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((place, profile)) = next() {
                    let told = (place, measured(profile));
                    done.lock().expect("no profile panicked").push(told);
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no profile panicked");
    done.sort_by_key(|(place, _)| *place);
    for (_, told) in &done {
        print!("{}", told.rows);
    }
    println!();
    for (_, told) in &done {
        println!("{}", told.worst);
    }
    let wrong: usize = done.iter().map(|(_, told)| told.wrong).sum();
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What came out of one profile: a line for each number, how many of them are off, and the one that is most.
struct Measured {
    rows: String,
    wrong: usize,
    worst: String,
}

fn measured(profile: &Profile) -> Measured {
    let started = Instant::now();
    let lines = table(profile, EXTENT);
    let trips = profile.round_trips_us(MESSAGES, 0);
    let wall_s = started.elapsed().as_secs_f64();
    let mut rows = String::new();
    for line in &lines {
        let mark = match (line.is_beyond(OFF_MAX), line.is_no_chance()) {
            (true, _) => "  <-- off",
            (false, true) => "  (more than four deviations)",
            (false, false) => "",
        };
        let _ = writeln!(rows, "{:<12} {}{mark}", profile.name, row(line));
    }
    for (part, name) in [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")] {
        let got = quantile(&trips, part) / 1000.0;
        let what = format!("whole: round trip {name}");
        let _ = writeln!(rows, "{:<12} {what:<28} {:>12} {got:>12.3}         ms", profile.name, "-");
    }
    let most = lines.iter().filter(|line| line.least_off == 0.0).max_by(|a, b| a.off().total_cmp(&b.off()));
    let most = most.map_or_else(String::new, |line| format!("{:.1} % ({})", line.off() * 100.0, line.what));
    Measured {
        wrong: lines.iter().filter(|line| line.is_beyond(OFF_MAX)).count(),
        rows,
        worst: format!("{:<12} worst {most}; {wall_s:.1} s", profile.name),
    }
}

fn row(line: &Line) -> String {
    let off = line.off() * 100.0;
    format!(
        "{:<28} {:>12.3} {:>12.3} {off:>5.1}%  {} {}",
        line.what, line.asked, line.got, line.unit, line.source
    )
}
