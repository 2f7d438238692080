//! What `deadzone link` says: where it listens, how it goes, and at the end what happened to whom.

use std::{
    fmt::{self, Write},
    io,
};

use deadzone_proxy::{Client, End, Ending, Flow, Links, OUTCOMES_MAX, Outcome, Profile, Registry, Sums};

/// Shorter waits for the modem are no news, µs.
const WAIT_TOLD_US: u64 = 100_000;
/// Connections that the report tells one by one: the last so many.
const SHOWN: usize = 50;

/// One line for a listener. Links are named where there are `several`.
pub(super) fn listening(link: &Links, several: bool) -> io::Result<String> {
    let config = link.config();
    let address = link.address()?;
    let faults = match config.steps.len() {
        0 => String::new(),
        1 => format!(", {}", config.steps[0]),
        n => format!(", {n} faults"),
    };
    let seeded = |profile: &Profile| format!(", {} with seed {:#x}", profile.name, config.seed);
    let profile = config.profile.as_ref().map_or_else(String::new, seeded);
    let name = if several { format!(", named {}", config.name) } else { String::new() };
    Ok(format!("listening on {address} -> {}{name}{profile}{faults}\n", config.upstream))
}

/// The status line.
pub(super) fn status(sums: &Sums) -> String {
    format!(
        "{} open of {}  up {}  down {}  faults {}  unreached {}",
        sums.open,
        sums.accepted,
        Bytes(sums.up.given),
        Bytes(sums.down.given),
        sums.fired,
        sums.unreached
    )
}

/// The report. Links are named where there are `several`.
pub(super) fn report(board: &Registry, now_us: u64, several: bool) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = write_report(&mut text, board, now_us, several);
    text
}

fn write_report(text: &mut String, board: &Registry, now_us: u64, several: bool) -> fmt::Result {
    let sums = board.sums();
    writeln!(text, "{} connections in {}", sums.accepted, Seconds(now_us))?;
    if sums.unreached > 0 {
        writeln!(text, "  {} reset: upstream could not be reached", sums.unreached)?;
    }
    if sums.refused > 0 {
        writeln!(text, "  {} more reset: too many were open", sums.refused)?;
    }
    writeln!(text, "  faults  {}", sums.fired)?;
    writeln!(text, "  up      {}", Told(sums.up))?;
    writeln!(text, "  down    {}", Told(sums.down))?;
    let outcomes = board.outcomes();
    let shown = outcomes.len().min(SHOWN);
    let hidden = sums.accepted.saturating_sub(shown as u64);
    if hidden > 0 {
        let kept = if sums.accepted > OUTCOMES_MAX as u64 { "; older ones are only in the sums" } else { "" };
        writeln!(text, "the last {shown} connections ({hidden} more before{kept})")?;
    }
    outcomes[outcomes.len() - shown..].iter().try_for_each(|outcome| write_outcome(text, outcome, several))
}

fn write_outcome(text: &mut String, outcome: &Outcome, several: bool) -> fmt::Result {
    let who = &outcome.who;
    let client = match &outcome.story.client {
        Client::Mqtt(id) if id.is_empty() => " (MQTT, no client id)".to_owned(),
        Client::Mqtt(id) => format!(" `{id}`"),
        Client::Opaque => " (not MQTT)".to_owned(),
        Client::Silent => String::new(),
    };
    let lasted = Seconds(outcome.to_us.saturating_sub(outcome.from_us));
    let link = if several { format!(" over {}", who.link) } else { String::new() };
    writeln!(text, "#{} {}{link}{client}  {lasted}  {}", who.number, who.peer, ended(outcome))?;
    if outcome.story.waited_us >= WAIT_TOLD_US {
        let waited = Seconds(outcome.story.waited_us);
        writeln!(text, "  waited {waited} for a modem that was dark")?;
    }
    if matches!(outcome.end, Ending::Carried(_)) || outcome.up.acknowledged > 0 {
        writeln!(
            text,
            "  up    the client's end believes {} delivered: {}",
            Bytes(outcome.up.acknowledged),
            Told(outcome.up)
        )?;
        writeln!(
            text,
            "  down  the broker's end believes {} delivered: {}",
            Bytes(outcome.down.acknowledged),
            Told(outcome.down)
        )?;
    }
    for fault in &outcome.story.fired {
        writeln!(text, "  fault {fault}")?;
    }
    let unsaid = outcome.story.fired_count.saturating_sub(outcome.story.fired.len() as u64);
    if unsaid > 0 {
        writeln!(text, "  and {unsaid} faults more")?;
    }
    for what in &outcome.story.radio {
        writeln!(text, "  radio {what}")?;
    }
    let unsaid = outcome.story.radio_count.saturating_sub(outcome.story.radio.len() as u64);
    if unsaid > 0 {
        writeln!(text, "  and the radio {unsaid} times more")?;
    }
    if let Some(why) = &outcome.story.disarmed {
        writeln!(text, "  faults at packets were off: {why}")?;
    }
    Ok(())
}

fn ended(outcome: &Outcome) -> String {
    match &outcome.end {
        Ending::Unreached(why) => format!("reset: {why}"),
        Ending::Dark => "the modem was dark".to_owned(),
        Ending::Carried(finished) => match (finished.first, finished.stopped) {
            (None, Some(_)) => "open until the end".to_owned(),
            (None, None) => "ended by the link".to_owned(),
            (Some((end, rst)), stopped) => {
                let who = if end == End::Client { "the client" } else { "upstream" };
                let how = if rst { "reset" } else { "closed" };
                let half = if stopped.is_some() { ", the other end was open until the end" } else { "" };
                format!("{who} {how}{half}")
            }
        },
    }
}

/// A flow in words; what is nothing is left out.
struct Told(Flow);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flow = &self.0;
        write!(f, "{} passed on", Bytes(flow.given))?;
        for (bytes, what) in [
            (flow.swallowed, "lost in a black hole"),
            (flow.discarded, "thrown away by a cut or reset"),
            (flow.left(), "never passed on"),
        ] {
            if bytes > 0 {
                write!(f, ", {} {what}", Bytes(bytes))?;
            }
        }
        Ok(())
    }
}

/// Bytes for people; exact below 10,000.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n < 10_000 => write!(f, "{n} B"),
            n if n < 10_000_000 => write!(f, "{:.1} kB", n as f64 / 1e3),
            n if n < 10_000_000_000 => write!(f, "{:.1} MB", n as f64 / 1e6),
            n => write!(f, "{:.1} GB", n as f64 / 1e9),
        }
    }
}

struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0 as f64 / 1e6)
    }
}
