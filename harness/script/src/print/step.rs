//! Steps and blocks.

use std::fmt::Write;

use super::header::one_line;
use super::value::{Fields, Message, Packet, Quoted, Time};
use super::{intent, link};
use crate::{Arrival, ClientDecl, Control, Count, Scenario, Step, StepKind, TargetAction};

pub(super) fn print_all(out: &mut String, scenario: &Scenario) {
    out.push('\n');
    let mut recovering = false;
    for step in &scenario.steps {
        if step.recover && !recovering {
            out.push_str("  recover\n");
        }
        recovering = step.recover;
        print(out, if recovering { "    " } else { "  " }, step, &scenario.clients);
    }
    match &scenario.control {
        Control::Derived => {}
        Control::None(reason) => {
            let _ = writeln!(out, "\n  control none {}", one_line(reason));
        }
        Control::Steps(steps) => {
            out.push_str("\n  control\n");
            for step in steps {
                print(out, "    ", step, &scenario.clients);
            }
        }
    }
}

fn print(out: &mut String, indent: &str, step: &Step, clients: &[ClientDecl]) {
    out.push_str(indent);
    kind(out, &step.kind, clients);
    if step.deviant {
        out.push_str(" deviant");
    }
    if let Some(version) = step.only {
        let _ = write!(out, " only {version}");
    }
    if !step.clauses.is_empty() {
        let _ = write!(out, " @ {}", deadzone_spec::joined(&step.clauses));
    }
    out.push('\n');
}

fn kind(out: &mut String, kind: &StepKind, clients: &[ClientDecl]) {
    let name = |client: &usize| clients.get(*client).map_or("?", |client| client.name.as_str());
    let _ = match kind {
        StepKind::Open { .. }
        | StepKind::Connect { .. }
        | StepKind::Subscribe { .. }
        | StepKind::Unsubscribe { .. }
        | StepKind::Publish { .. }
        | StepKind::Burst { .. }
        | StepKind::Disconnect { .. }
        | StepKind::Ping { .. } => {
            intent::print(out, kind, &name);
            Ok(())
        }
        StepKind::Send { client, packet, broken_by, framing } => {
            let _ = write!(out, "{} -> {}{framing}", name(client), Packet(packet));
            for (index, mutation) in broken_by.iter().enumerate() {
                let _ = write!(out, "{}{mutation}", if index == 0 { " broken by " } else { ", " });
            }
            Ok(())
        }
        StepKind::SendBytes { client, bytes, framing } => {
            let _ = write!(out, "{} -> bytes", name(client));
            let _ = bytes.iter().try_for_each(|byte| write!(out, " {byte:02x}"));
            write!(out, "{framing}")
        }
        StepKind::Receive { client, alternatives, strict, some, within_ms } => {
            let how = if *strict { "<-!" } else { "<-" };
            let _ = write!(out, "{} {how}{}", name(client), if *some { " some" } else { "" });
            receive(out, alternatives);
            time(out, "within", *within_ms);
            Ok(())
        }
        StepKind::Finds { client, topic, payload, qos, flag } => {
            let flag = if *flag { " retain=1" } else { "" };
            write!(out, "{} finds {} {} qos={qos}{flag}", name(client), Quoted(topic), Message(payload))
        }
        StepKind::Fence { .. } | StepKind::Ready { .. } => marker(out, kind, &name),
        StepKind::Settle => write!(out, "settle"),
        StepKind::Link { client, fault, when } => {
            let _ = write!(out, "link {} ", name(client));
            link::print(out, fault, when);
            Ok(())
        }
        StepKind::CutTls { .. } | StepKind::LinkProfile { .. } => link::beside_faults(out, kind, &name),
        StepKind::LinkSaw { client, packet, direction, within_ms } => {
            let _ = write!(out, "link {} saw {} {direction}", name(client), Packet(packet));
            time(out, "within", *within_ms);
            Ok(())
        }
        StepKind::Target(action) => target(out, *action),
        StepKind::ExpectReceives { client, payloads, some, fields, count, within_ms } => {
            let _ = write!(out, "expect {} receives{}", name(client), if *some { " some" } else { "" });
            for payload in payloads {
                let _ = write!(out, " {}", Message(payload));
            }
            let _ = write!(out, "{} ", Fields(fields));
            how_often(out, *count);
            time(out, "within", *within_ms);
            Ok(())
        }
        StepKind::ExpectQuiescent { client, within_ms } => {
            let _ = write!(out, "expect {} quiescent", name(client));
            time(out, "within", *within_ms);
            Ok(())
        }
    };
}

fn target(out: &mut String, action: TargetAction) -> std::fmt::Result {
    match action {
        TargetAction::Kill => write!(out, "target kill"),
        TargetAction::Stop => write!(out, "target stop"),
        TargetAction::Restart { fresh } => write!(out, "target restart{}", if fresh { " fresh" } else { "" }),
        TargetAction::Freeze { for_ms } => write!(out, "target freeze for {}", Time(for_ms)),
    }
}

/// Steps on messages of the harness's own.
fn marker<'n>(out: &mut String, kind: &StepKind, name: &dyn Fn(&usize) -> &'n str) -> std::fmt::Result {
    match kind {
        StepKind::Fence { publisher, subscriber, topic, qos } => {
            write!(out, "fence {} {} {} qos={qos}", name(publisher), name(subscriber), Quoted(topic))
        }
        StepKind::Ready { subscriber, topic, from } => {
            let from = from.map(|node| format!(" from {node}")).unwrap_or_default();
            write!(out, "ready {} {}{from}", name(subscriber), Quoted(topic))
        }
        _ => Ok(()),
    }
}

pub(super) fn number<T: Into<u64>>(out: &mut String, key: &str, value: Option<T>) {
    if let Some(value) = value {
        let _ = write!(out, " {key}={}", value.into());
    }
}

fn time(out: &mut String, word: &str, ms: Option<u64>) {
    if let Some(ms) = ms {
        let _ = write!(out, " {word} {}", Time(ms));
    }
}

fn receive(out: &mut String, alternatives: &[Arrival]) {
    for (index, arrival) in alternatives.iter().enumerate() {
        out.push_str(if index == 0 { " " } else { " | " });
        let _ = match arrival {
            Arrival::Packet(packet) => write!(out, "{}", Packet(packet)),
            Arrival::Closed => write!(out, "closed"),
        };
    }
}

fn how_often(out: &mut String, count: Count) {
    out.push_str(match count {
        Count::ExactlyOnce => "exactly once",
        Count::AtLeastOnce => "at least once",
        Count::AtMostOnce => "at most once",
        Count::InOrder => "in order",
        Count::Nothing { .. } => "nothing",
    });
    if let Count::Nothing { for_ms } = count {
        time(out, "for", for_ms);
    }
}
