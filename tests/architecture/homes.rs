//! Waiting and the clock have homes, each with its reason. Anywhere else virtual time would leak or a run would sleep.

use crate::{
    complaint::{Complaint, lines, none},
    items::{line_of, words},
    paths::{Path, paths},
    repo::{Source, sources},
};

/// What a home may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// `tokio::time`: virtual under a paused runtime.
    Timer,
    /// `std::time::Instant`, `SystemTime`.
    WallClock,
    /// `std::thread::sleep`.
    Sleep,
}

/// A file, or a folder that ends with `/`; what it uses; why it must.
struct Home(&'static str, &'static [Use], &'static str);

const HOMES: [Home; 21] = [
    Home("harness/play/src/clock.rs", &[Use::Timer], "the one clock of a performance"),
    Home("harness/proxy/src/clock.rs", &[Use::Timer], "the one clock of the proxy's pump"),
    Home("reference-broker/src/serve/", &[Use::Timer], "the broker's one timer, outside its core"),
    Home(
        "harness/runner/src/pace.rs",
        &[Use::Timer],
        "few new connections a second to a target that others use",
    ),
    Home(
        "harness/runner/src/budget.rs",
        &[Use::WallClock],
        "what is begun within the time that a run may take",
    ),
    Home("harness/runner/src/probe.rs", &[Use::Timer], "patience with a target that may be no broker"),
    Home("harness/runner/src/exchange.rs", &[Use::Timer], "patience with a target that may have died"),
    Home(
        "harness/runner/src/health/examine.rs",
        &[Use::Timer, Use::WallClock],
        "whether a target lives is a matter of time",
    ),
    Home("harness/runner/src/health/watch.rs", &[Use::WallClock], "since when a target is silent"),
    Home("harness/runner/src/health/trouble.rs", &[Use::WallClock], "since when a target is lost"),
    Home("harness/runner/src/pool/watch.rs", &[Use::WallClock], "the watchdog over scenarios that hang"),
    Home(
        "harness/runner/src/pool/work.rs",
        &[Use::WallClock],
        "how long an interrupted pass may take to end",
    ),
    Home(
        "harness/runner/src/passes.rs",
        &[Use::WallClock],
        "the clock of the confirmation, for reports only",
    ),
    Home("harness/runner/src/target/pulse.rs", &[Use::WallClock], "when a target was last heard of"),
    Home("harness/runner/src/job.rs", &[Use::WallClock], "the wall time of a scenario, for reports only"),
    Home("harness/runner/src/run.rs", &[Use::WallClock], "the wall time of a run, for reports only"),
    Home(
        "harness/runner/src/recorded/results.rs",
        &[Use::WallClock],
        "the wall time of judging records, for reports only",
    ),
    Home(
        "harness/target/src/started.rs",
        &[Use::WallClock, Use::Sleep],
        "a process is waited for; nothing tells when it ends",
    ),
    Home(
        "harness/target/src/ready.rs",
        &[Use::Timer, Use::WallClock, Use::Sleep],
        "a broker is asked until it answers; nothing tells when it is ready",
    ),
    Home(
        "harness/target/src/commands.rs",
        &[Use::WallClock, Use::Sleep],
        "a command that does not end is ended",
    ),
    Home("harness/cli/src/", &[Use::Timer, Use::WallClock], "the process's edge: signals and serving"),
];

/// Homes that are let be even while nothing uses them.
const ROOMY: [&str; 2] = ["harness/cli/src/", "reference-broker/src/serve/"];

fn what(path: &Path) -> Option<Use> {
    let timer = path.starts(&["tokio", "time"]) && !path.has(&["time", "Duration"]);
    if timer {
        return Some(Use::Timer);
    }
    if path.has(&["thread", "sleep"]) {
        return Some(Use::Sleep);
    }
    let wall = [&["time", "Instant"][..], &["Instant", "now"], &["SystemTime"], &["UNIX_EPOCH"]];
    wall.iter().any(|w| path.has(w)).then_some(Use::WallClock)
}

fn uses(source: &Source) -> Vec<(Use, Path)> {
    let shipped = paths(&source.masked).into_iter().filter(|p| !source.in_test(p.at));
    shipped.filter_map(|p| what(&p).map(|u| (u, p))).collect()
}

fn at_home(path: &str, used: Use) -> bool {
    let here = |home: &Home| path == home.0 || (home.0.ends_with('/') && path.starts_with(home.0));
    // tokio's Instant is called as std's is: whoever may have timers may ask for their time.
    HOMES
        .iter()
        .any(|h| here(h) && (h.1.contains(&used) || (used == Use::WallClock && h.1.contains(&Use::Timer))))
}

fn homeless(source: &Source) -> Vec<Complaint> {
    let away = uses(source).into_iter().filter(|(used, _)| !at_home(&source.path, *used));
    away.map(|(used, path)| {
        let instead = match used {
            Use::Timer => "wait through play's clock (or the broker's serve): one place can be paused",
            Use::WallClock => "take the time as an argument, or give the file a home here with its reason",
            Use::Sleep => "wait for the event itself, with a deadline",
        };
        Complaint::new(&source.path, path.line, format!("`{}` is away from home", path.text()), instead)
    })
    .collect()
}

fn unbiased(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for at in words(&source.masked, "select") {
        let Some(rest) = source.masked[at + "select".len()..].strip_prefix('!') else { continue };
        let inside = rest.trim_start().trim_start_matches(['{', '(', '[']).trim_start();
        if !inside.starts_with("biased") {
            let line = line_of(&source.masked, at);
            let what = "`select!` without `biased;` picks by chance";
            complaints.push(Complaint::new(
                &source.path,
                line,
                what,
                "begin it with `biased;`, most urgent branch first",
            ));
        }
    }
    complaints
}

#[test]
fn timers_and_clocks_are_at_home() {
    let shipped = sources().iter().filter(|s| s.is_shipped());
    none(shipped.flat_map(homeless).collect());
}

#[test]
fn no_home_is_empty() {
    let mut complaints = Vec::new();
    for home in HOMES.iter().filter(|h| !ROOMY.contains(&h.0)) {
        let used = sources().iter().filter(|s| s.path == home.0).flat_map(uses).count();
        if used == 0 {
            let what = format!("nothing waits or tells time here any more ({})", home.2);
            complaints.push(Complaint::new(
                home.0,
                1,
                what,
                "take it from the list in tests/architecture/homes.rs",
            ));
        }
    }
    none(complaints);
}

#[test]
fn every_select_is_biased() {
    none(sources().iter().flat_map(unbiased).collect());
}

#[test]
fn a_clock_away_from_home_is_seen() {
    let bad = "use tokio::time::{\n  Duration,\n  sleep,\n};\nfn f() {\n  std::thread::sleep(d);\n  thread::sleep(d);\n  \
               Instant::now();\n  tokio::time::timeout(d, f);\n  SystemTime::now();\n}\nuse std::time::{self, Instant};\n";
    let found = homeless(&Source::new("harness/play/src/player/a.rs", bad));
    let mut found = lines(&found);
    found.sort_unstable();
    assert_eq!(found, [3, 6, 7, 8, 9, 10, 12]);
    let in_test = format!("#[cfg(test)]\nmod tests {{\n{bad}\n}}\n");
    assert_eq!(homeless(&Source::new("harness/play/src/player/a.rs", &in_test)), []);
    assert_eq!(homeless(&Source::new("harness/play/src/clock.rs", "use tokio::time::sleep;")), []);
    assert_eq!(lines(&homeless(&Source::new("harness/play/src/clock.rs", "use std::thread::sleep;"))), [1]);
    assert_eq!(lines(&homeless(&Source::new("harness/runner/src/pool.rs", "use tokio::time::sleep;"))), [1]);
}

#[test]
fn a_select_by_chance_is_seen() {
    let text = "select! {\n  biased;\n}\nselect! { a = b => {} }\ntokio::select!(/* biased; */ x);\nlet select = 1;\n";
    assert_eq!(lines(&unbiased(&Source::new("a.rs", text))), [4, 5]);
}
