//! `scenario`, header lines and clients.

use std::fmt::Write;

use crate::{Certificate, ClientDecl, Need, Scenario, stands};

/// Widest line of a list that goes on in another one, characters.
const WIDTH: usize = 110;

pub(super) fn print(out: &mut String, scenario: &Scenario) {
    let slug = scenario.id.rsplit('/').next().unwrap_or(&scenario.id);
    let _ = writeln!(out, "scenario {slug}");
    list(out, "title", std::iter::once(one_line(&scenario.title)));
    list(out, "clauses", scenario.clauses.iter().map(ToString::to_string));
    if !scenario.needs.is_empty() {
        let needs: Vec<String> = scenario.needs.iter().map(need).collect();
        list(out, "needs", std::iter::once(needs.join(", ")));
    }
    if scenario.versions != crate::parse::DEFAULT_VERSIONS {
        list(out, "versions", scenario.versions.iter().map(ToString::to_string));
    }
    list(out, "tags", scenario.tags.iter().cloned());
    let catches = scenario.catches.iter().map(|catch| match catch.only {
        Some(version) => format!("{}({version})", catch.name),
        None => catch.name.clone(),
    });
    list(out, "catches", catches);
    for like in &scenario.like {
        list(out, "like", std::iter::once(like.clone()));
    }
    if let Some(gate) = scenario.gate {
        let _ = writeln!(out, "  gate      {gate}");
    }
    let added: Vec<String> = stands::added(scenario).map(|gate| gate.to_string()).collect();
    if !added.is_empty() {
        let _ = writeln!(out, "  stands on {}", added.join(" "));
    }
    if scenario.times != 1 {
        let _ = writeln!(out, "  times     {}", scenario.times);
    }
    if scenario.solo {
        out.push_str("  solo\n");
    }
    if !scenario.clients.is_empty() {
        out.push('\n');
    }
    for decl in scenario.clients.iter().filter(|client| !client.bridge) {
        client(out, decl);
    }
}

fn list(out: &mut String, keyword: &str, words: impl Iterator<Item = String>) {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.len() + word.len() + 14 > WIDTH {
            let _ = writeln!(out, "  {keyword:<8}  {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "  {keyword:<8}  {line}");
    }
}

/// A title that was made by a program may hold anything; a line is a line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn need(need: &Need) -> String {
    match need {
        Need::Qos(level) => format!("qos {level}"),
        Need::Session => "session".to_owned(),
        Need::Retain => "retain".to_owned(),
        Need::Wildcard => "wildcard".to_owned(),
        Need::SubscriptionIdentifier => "subscription-identifier".to_owned(),
        Need::SharedSubscription => "shared-subscription".to_owned(),
        Need::TopicAlias => "topic-alias".to_owned(),
        Need::TopicAliasLimit => "topic-alias-limit".to_owned(),
        Need::WithoutQos2 => "without qos 2".to_owned(),
        Need::WithoutRetain => "without retain".to_owned(),
        Need::WithoutWildcard => "without wildcard".to_owned(),
        Need::Nodes(count) => format!("nodes {count}"),
        Need::Bridge => "bridge".to_owned(),
        Need::Ws => "ws".to_owned(),
        Need::Tls => "tls".to_owned(),
        Need::ClientCertificates => "client-certificates".to_owned(),
        Need::Password => "password".to_owned(),
    }
}

fn client(out: &mut String, client: &ClientDecl) {
    let _ = write!(out, "  client {}", client.name);
    if client.manual {
        out.push_str(" manual");
    }
    if client.direct {
        out.push_str(" direct");
    }
    if let Some(via) = &client.via {
        let _ = write!(out, " via {via}");
    }
    if let Some(version) = client.version {
        let _ = write!(out, " version {version}");
    }
    if let Some(node) = client.node {
        let _ = write!(out, " at {node}");
    }
    if !client.offers.is_empty() {
        let _ = write!(out, " offers \"{}\"", client.offers.join(", "));
    }
    if let Some((word, _)) = Certificate::NAMED.iter().find(|(_, shown)| *shown == client.certificate) {
        let _ = write!(out, " certificate={word}");
    }
    out.push('\n');
}
