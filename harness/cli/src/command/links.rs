//! `deadzone links`: the profiles, with a small picture of what each does to a round trip.

use std::fmt::Write;

use anyhow::bail;
use deadzone_runner::ExitCode;

use crate::{args::LinksArgs, output};

/// Messages that a picture is made of.
const MESSAGES: u64 = 2_000;
/// Which part of them each column of the picture shows, in thousandths.
const COLUMNS: [usize; 8] = [50, 250, 500, 750, 900, 950, 990, 999];
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The least round trip that is drawn higher than a line, ms; each step up is three times as much.
const LOWEST_MS: u64 = 30;

pub(crate) fn links(args: &LinksArgs) -> anyhow::Result<ExitCode> {
    match &args.name {
        Some(name) => name.split('+').map(one).collect::<anyhow::Result<String>>().map(|text| {
            output::print(&text);
            ExitCode::Success
        }),
        None => all(),
    }
}

/// The file of one, with what it is written on.
fn one(name: &str) -> anyhow::Result<String> {
    let profiles = deadzone_runner::profile_texts();
    let Some((_, text)) = profiles.iter().find(|(known, _)| *known == name) else {
        let near = deadzone_spec::nearest(name, profiles.iter().map(|(known, _)| *known));
        bail!(
            "there is no profile `{name}`{}",
            near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"))
        );
    };
    Ok(format!("# {name}. How profiles are written: deadzone explain profiles\n{text}"))
}

fn all() -> anyhow::Result<ExitCode> {
    let catalogue = deadzone_runner::profiles();
    let mut text = String::from(
        "round trips of messages of 8 bytes, half of them begun by the client and half by the broker, each after 2 s or 60 s\n\
         of silence; what never comes back is not in it. The picture runs from the fastest twentieth to the slowest\n\
         thousandth, and each step up is three times as long (the lowest is below 30 ms, the highest above 20 s)\n\n",
    );
    for profile in catalogue.profiles().filter(|p| !p.overlay) {
        let trips = profile.round_trips_us(MESSAGES, 0);
        let at = |thousandth: usize| trips.get(trips.len() * thousandth / 1000).map_or(0, |us| us / 1000);
        let picture: String = COLUMNS.iter().map(|column| height(at(*column))).collect();
        writeln!(
            text,
            "{:<13} {picture}  p50 {:>8}  p99 {:>8}   {}",
            profile.name,
            time(at(500)),
            time(at(990)),
            profile.title
        )?;
    }
    text.push_str("\noverlays, over any of them: lte-m+nat-short, or from now on in a scenario: link x profile tunnel\n\n");
    for profile in catalogue.profiles().filter(|p| p.overlay) {
        writeln!(text, "{:<13} {}", profile.name, profile.title)?;
    }
    text.push_str(
        "\nin a scenario: client x via lte-m. One with its numbers: deadzone links lte-m. Your own: deadzone explain profiles\n\
         What links can't show: deadzone explain links\n",
    );
    output::print(&text);
    Ok(ExitCode::Success)
}

fn height(ms: u64) -> char {
    let mut limit_ms = LOWEST_MS;
    for height in HEIGHTS {
        if ms < limit_ms {
            return height;
        }
        limit_ms *= 3;
    }
    HEIGHTS[HEIGHTS.len() - 1]
}

fn time(ms: u64) -> String {
    if ms < 10_000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_grow_by_factors_of_three() {
        assert_eq!(
            [0, 29, 30, 89, 90, 21_869, 21_870, u64::MAX].map(height),
            ['▁', '▁', '▂', '▂', '▃', '▇', '█', '█']
        );
    }
}
