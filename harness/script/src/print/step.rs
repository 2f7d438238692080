//! Steps and blocks.

use std::fmt::Write;

use deadzone_link::{Direction, Edge, Fault, Way};

use super::header::one_line;
use super::value::{Bare, Fields, Packet, Quoted, Time};
use crate::{
    Arrival, ClientDecl, ConnectMode, ConnectOptions, Control, Count, PacketTemplate, Scenario, Step,
    StepKind, SubscribeFilter, TriggerTemplate,
};

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
        let _ = write!(out, " @ {}", step.clauses.join(" "));
    }
    out.push('\n');
}

fn kind(out: &mut String, kind: &StepKind, clients: &[ClientDecl]) {
    let name = |client: &usize| clients.get(*client).map_or("?", |client| client.name.as_str());
    let _ = match kind {
        StepKind::Open { client } => write!(out, "{} open", name(client)),
        StepKind::Connect { client, mode, options, expected } => {
            let _ = write!(out, "{} connect {}", name(client), mode_word(*mode));
            connect(out, options);
            write!(out, "{}", Fields(expected))
        }
        StepKind::Subscribe { client, filters, sub_id, expected } => {
            let _ = write!(out, "{} subscribe", name(client));
            filters.iter().for_each(|filter| subscription(out, filter));
            number(out, "sub_id", *sub_id);
            write!(out, "{}", Fields(expected))
        }
        StepKind::Unsubscribe { client, filters, expected } => {
            let _ = write!(out, "{} unsubscribe", name(client));
            for filter in filters {
                let _ = write!(out, " {}", Quoted(filter));
            }
            write!(out, "{}", Fields(expected))
        }
        StepKind::Publish { client, packet } => write!(out, "{} publish{}", name(client), Bare(packet)),
        StepKind::Burst { client, count, packet } => {
            write!(out, "{} burst {count}{}", name(client), Bare(packet))
        }
        StepKind::Disconnect { client, reason, expiry_s } => {
            let _ = write!(out, "{} disconnect", name(client));
            if let Some(reason) = reason {
                let _ = write!(out, " reason=0x{reason:02x}");
            }
            number(out, "expiry", *expiry_s);
            Ok(())
        }
        StepKind::Ping { client } => write!(out, "{} ping", name(client)),
        StepKind::Send { client, packet, broken_by } => {
            let _ = write!(out, "{} -> {}", name(client), Packet(packet));
            for (index, mutation) in broken_by.iter().enumerate() {
                let _ = write!(out, "{}{mutation}", if index == 0 { " broken by " } else { ", " });
            }
            Ok(())
        }
        StepKind::SendBytes { client, bytes } => {
            let _ = write!(out, "{} -> bytes", name(client));
            bytes.iter().try_for_each(|byte| write!(out, " {byte:02x}"))
        }
        StepKind::Receive { client, alternatives, strict, within_ms } => {
            let _ = write!(out, "{} {}", name(client), if *strict { "<-!" } else { "<-" });
            receive(out, alternatives);
            time(out, "within", *within_ms);
            Ok(())
        }
        StepKind::Fence { publisher, subscriber, topic, qos } => {
            write!(out, "fence {} {} {} qos={qos}", name(publisher), name(subscriber), Quoted(topic))
        }
        StepKind::Ready { subscriber, topic } => write!(out, "ready {} {}", name(subscriber), Quoted(topic)),
        StepKind::Link { client, fault, when } => {
            let _ = write!(out, "link {} ", name(client));
            link(out, fault, when);
            Ok(())
        }
        StepKind::LinkSaw { client, packet, direction, within_ms } => {
            let _ = write!(out, "link {} saw {} {direction}", name(client), Packet(packet));
            time(out, "within", *within_ms);
            Ok(())
        }
        StepKind::ExpectReceives { client, payloads, fields, count, within_ms } => {
            let _ = write!(out, "expect {} receives", name(client));
            for payload in payloads {
                let _ = write!(out, " {}", Quoted(payload));
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

fn mode_word(mode: ConnectMode) -> &'static str {
    match mode {
        ConnectMode::Clean => "clean",
        ConnectMode::Fresh => "fresh",
        ConnectMode::Resume => "resume",
    }
}

fn number<T: Into<u64>>(out: &mut String, key: &str, value: Option<T>) {
    if let Some(value) = value {
        let _ = write!(out, " {key}={}", value.into());
    }
}

fn time(out: &mut String, word: &str, ms: Option<u64>) {
    if let Some(ms) = ms {
        let _ = write!(out, " {word} {}", Time(ms));
    }
}

fn connect(out: &mut String, options: &ConnectOptions) {
    number(out, "keepalive", options.keep_alive_s);
    number(out, "expiry", options.expiry_s);
    number(out, "receive_max", options.receive_max);
    number(out, "max_packet", options.max_packet);
    for (key, text) in [("user", &options.user), ("pass", &options.pass), ("client_id", &options.client_id)] {
        if let Some(text) = text {
            let _ = write!(out, " {key}={}", Quoted(text));
        }
    }
    let Some(will) = &options.will else { return };
    let _ = write!(out, " will_topic={}", Quoted(&will.topic));
    let _ = write!(out, " will_payload={}", Quoted(&will.payload));
    for (key, value) in
        [("will_qos", will.qos.into()), ("will_retain", will.retain.into()), ("will_delay", will.delay_s)]
    {
        number(out, key, Some(value).filter(|value| *value != 0));
    }
}

fn subscription(out: &mut String, filter: &SubscribeFilter) {
    let _ = write!(out, " {} qos={}", Quoted(&filter.filter), filter.qos);
    let options = [
        ("no_local", u8::from(filter.no_local)),
        ("retain_as_published", u8::from(filter.retain_as_published)),
        ("retain_handling", filter.retain_handling),
    ];
    for (key, value) in options {
        number(out, key, Some(value).filter(|value| *value != 0));
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

fn link(out: &mut String, fault: &Fault, when: &TriggerTemplate) {
    let _ = match when {
        TriggerTemplate::On { edge: Edge::At(k), nth, packet, direction }
            if *fault == Fault::Blackhole(way(*direction)) =>
        {
            write!(out, "tear {} {direction} at {k}", Counted(*nth, packet))
        }
        TriggerTemplate::Now => write!(out, "{fault}"),
        TriggerTemplate::AfterMs(ms) => write!(out, "{fault} after {}", Time(*ms)),
        TriggerTemplate::On { edge, nth, packet, direction } => {
            let _ = match edge {
                Edge::Before if matches!(fault, Fault::Cut(_)) => write!(out, "{fault} before"),
                Edge::Before => write!(out, "{fault} from"),
                Edge::At(k) => write!(out, "{fault} at {k} of"),
                Edge::After => write!(out, "{fault} after"),
            };
            write!(out, " {} {direction}", Counted(*nth, packet))
        }
    };
}

fn way(direction: Direction) -> Way {
    match direction {
        Direction::Up => Way::Up,
        Direction::Down => Way::Down,
    }
}

/// `2nd PUBLISH id=7`.
struct Counted<'a>(u32, &'a PacketTemplate);

impl std::fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let suffix = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        if self.0 != 1 {
            write!(f, "{}{suffix} ", self.0)?;
        }
        write!(f, "{}", Packet(self.1))
    }
}
