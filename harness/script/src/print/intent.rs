//! What a client intends: `connect`, `subscribe`, `publish` …

use std::fmt::Write;

use super::step::number;
use super::value::{Bare, Fields, Quoted};
use crate::{ConnectMode, ConnectOptions, StepKind, SubscribeFilter};

/// Prints an intent; the caller knows which steps are some.
pub(super) fn print<'s>(out: &mut String, kind: &StepKind, name: &dyn Fn(&usize) -> &'s str) {
    let _ = match kind {
        StepKind::Open { client } => write!(out, "{} open", name(client)),
        StepKind::Connect { client, mode, options, expected } => {
            let _ = write!(out, "{} connect {}", name(client), mode_word(*mode));
            connect(out, options);
            let _ = write!(out, "{}", Fields(&options.properties));
            out.push_str(if options.refused { " refused" } else { "" });
            write!(out, "{}", Fields(expected))
        }
        StepKind::Subscribe { client, filters, sub_id, properties, expected } => {
            let _ = write!(out, "{} subscribe", name(client));
            filters.iter().for_each(|filter| subscription(out, filter));
            number(out, "sub_id", *sub_id);
            write!(out, "{}{}", Fields(properties), Fields(expected))
        }
        StepKind::Unsubscribe { client, filters, properties, expected } => {
            let _ = write!(out, "{} unsubscribe", name(client));
            for filter in filters {
                let _ = write!(out, " {}", Quoted(filter));
            }
            write!(out, "{}{}", Fields(properties), Fields(expected))
        }
        StepKind::Publish { client, packet } => write!(out, "{} publish{}", name(client), Bare(packet)),
        StepKind::Burst { client, count, packet } => {
            write!(out, "{} burst {count}{}", name(client), Bare(packet))
        }
        StepKind::Disconnect { client, reason, expiry_s, properties } => {
            let _ = write!(out, "{} disconnect", name(client));
            if let Some(reason) = reason {
                let _ = write!(out, " reason=0x{reason:02x}");
            }
            number(out, "expiry", *expiry_s);
            write!(out, "{}", Fields(properties))
        }
        StepKind::Ping { client } => write!(out, "{} ping", name(client)),
        _ => Ok(()),
    };
}

fn mode_word(mode: ConnectMode) -> &'static str {
    match mode {
        ConnectMode::Clean => "clean",
        ConnectMode::Fresh => "fresh",
        ConnectMode::Resume => "resume",
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
