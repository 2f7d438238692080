//! Mistakes: all of a file in one pass, each where it stands, each code reachable, each explained.

use std::collections::BTreeSet;

use deadzone_script::{ProfilePlace, clause_mistakes, codes, explain, parse, profile_mistakes, render};

const HEADER: &str = "scenario s\n title t\n clauses 5.0/MQTT-3.12.4-1\n catches d\n";
const CLIENTS: &str = " client a\n client m manual\n client d direct\n";
const CONNECTED: &str = " a connect clean\n m connect clean\n d connect clean\n";

fn found(source: &str) -> Vec<(&'static str, u32, u32)> {
    parse("f.mqt", "f", source).1.iter().map(|d| (d.code, d.at.line, d.at.column)).collect()
}

const TEN: &str = r#"mqt 1
scenario ten
  title    ten mistakes
  clauses  5.0/MQTT-4.3.3-10  5.0/MQTT-4.3.3-99
  needs    qos 2, sesion
  catches  something
  client sub direct
  client pub manual
  sub conect clean
  pub connect resume keepalive=70000
  pub -> PUBLSH "t" id=7
  pub <- PUBREC di=7
  link pub drop PUBREC
  link sub cut silent
  pbu ping
  expect sub receives "once exactly once
"#;

#[test]
fn ten_mistakes_are_ten_diagnostics_in_their_places() {
    let wanted = [
        ("E022", 4, 31), // the clause
        ("E030", 5, 19), // the need
        ("E003", 9, 7),  // conect
        ("E016", 10, 32),
        ("E010", 11, 10),
        ("E011", 12, 17),
        ("E018", 13, 12),
        ("E019", 14, 8),
        ("E006", 15, 3),
        ("E001", 16, 23),
    ];
    let (scenarios, mistakes) = parse("ten.mqt", "ten", TEN);
    assert!(scenarios.is_empty());
    assert_eq!(wanted.len(), 10);
    assert_eq!(found(TEN), wanted);
    let help = |code: &str| {
        mistakes.iter().find(|d| d.code == code).and_then(|d| d.help.clone()).unwrap_or_default()
    };
    for (code, near) in [
        ("E030", "`session`"),
        ("E003", "`connect`"),
        ("E010", "`PUBLISH`"),
        ("E011", "`id`"),
        ("E006", "`pub`"),
        ("E018", "blackhole"),
    ] {
        assert!(help(code).contains(near), "{code}: {}", help(code));
    }
    let drawn = render("ten.mqt", TEN, &mistakes, false);
    assert_eq!(drawn.matches("error[E").count(), wanted.len(), "{drawn}");
    assert!(drawn.contains("ten.mqt:13:12"), "{drawn}");
}

#[test]
fn a_mistake_in_one_scenario_spares_the_others() {
    let good = format!("{HEADER}{CLIENTS} a connect clean\n");
    let bad = good.replace("scenario s", "scenario bad").replace("clean", "claen");
    let (scenarios, mistakes) = parse("f.mqt", "f", &format!("{bad}{good}"));
    assert_eq!(scenarios.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["f/s"]);
    assert_eq!(mistakes.iter().map(|d| d.code).collect::<Vec<_>>(), ["E041"]);
}

/// A file with exactly one mistake for each way to make it. A snippet that begins with `scenario` or `mqt` is a whole
/// file; one that begins with a blank stands behind the header and clients; any other one is a step of connected clients.
const ONE_EACH: &[(&str, &str)] = &[
    ("E052", "ready a \"t\" from 2"),
    ("E052", "settle"),
    ("E052", " client far at 2\n far connect clean"),
    ("E052", " needs nodes 2\n client far at 3\n far connect clean"),
    ("E030", " needs nodes 1\n a connect clean"),
    ("E016", " needs nodes 2\n client far at 0\n far connect clean"),
    ("E053", " needs bridge\n a connect clean\n expect bridge receives nothing"),
    ("E053", " needs bridge\n times 3\n a connect clean client_id=\"{run}\""),
    ("E007", " needs bridge\n client bridge\n a connect clean"),
    ("E001", "a publish \"t\" \"open"),
    ("E002", r#"a publish "t" "\q""#),
    ("E002", r#"a publish "t" "\x4""#),
    ("E002", r#"a publish "t" "{pad}""#),
    ("E002", r#"a publish "t" "{pad 4194305}""#),
    (
        "E013",
        " versions 3.1.1 5.0\n clauses 3.1.1/MQTT-3.12.4-1\n m connect clean\n m <- PUBLISH content_type=\"x\"",
    ),
    (
        "E013",
        " versions 3.1.1 5.0\n clauses 3.1.1/MQTT-3.12.4-1\n a connect clean\n expect a receives \"p\" content_type=\"x\" at least once",
    ),
    ("E003", "a pnig"),
    ("E003", "lnik a cut rst"),
    ("E003", "scenaro s\n"),
    ("E004", "a ping twice"),
    ("E004", "link a restore after 2s soon"),
    ("E005", "a subscribe"),
    ("E005", "a connect clean will_qos=1"),
    ("E005", "link m tear CONNECT 3"),
    ("E006", "fence a x \"t\""),
    ("E007", " client a\n a connect clean"),
    ("E007", " client link\n a connect clean"),
    ("E008", " client Sub\n a connect clean"),
    ("E008", "scenario S\n title t\n clauses 5.0/MQTT-3.12.4-1\n catches d\n client a\n a open\n"),
    ("E008", "m <- PUBLISH id=$"),
    ("E010", "m <- PUBREK"),
    ("E011", "m <- PUBREC idd=7"),
    ("E011", "a connect clean keep=3"),
    ("E012", "m <- PUBREC qos=1"),
    ("E012", "a publish \"t\" \"p\" id=3"),
    ("E012", "a subscribe \"t\" keepalive=3"),
    ("E012", "m -> PUBLISH \"t\" \"p\" \"q\""),
    ("E013", "m <- PUBREC reason=0x92 only 3.1.1"),
    ("E013", "a connect clean expiry=3 only 3.1.1"),
    ("E013", "m -> AUTH only 3.1.1"),
    ("E014", "m <- PUBREC id=7 id=8"),
    ("E014", "a connect clean keepalive=3 keepalive=4"),
    ("E014", "a ping deviant deviant"),
    ("E015", "m <- PUBREC id=seven"),
    ("E015", "m <- PUBLISH topic=7"),
    ("E015", "m -> bytes 10 0g"),
    ("E016", "a subscribe \"t\" qos=3"),
    ("E016", "m -> PUBREL id=0"),
    ("E016", "m -> PUBREL id=65536 deviant"),
    ("E016", "a burst 10001 \"t\" \"p\""),
    ("E016", " times 0\n a connect clean"),
    ("E016", " times 1001\n a connect clean"),
    ("E015", " times often\n a connect clean"),
    ("E017", "link a blackhol up"),
    ("E018", "link a lose PUBREL"),
    ("E019", "link d restore"),
    ("E020", "link a cut rst from PUBREC"),
    ("E020", "link a saw PUBLISH"),
    ("E021", "link a cut rst from CONNACK up"),
    ("E021", "m -> CONNACK"),
    ("E021", "m <- SUBSCRIBE"),
    ("E022", "a ping @ 5.0/MQTT-9.9.9-9"),
    ("E023", "a ping @ 5.0/MQTT-3.1.0-1"),
    ("E024", "a ping @ 3.1/DZ-publish-qos3"),
    ("E025", "scenario s\n clauses 5.0/MQTT-3.12.4-1\n catches d\n client a\n a open\n"),
    ("E026", "scenario s\n title t\n catches d\n client a\n a open\n"),
    ("E027", "scenario s\n title t\n clauses 5.0/MQTT-3.12.4-1\n client a\n a open\n"),
    ("E028", "scenario s\n title t\n clauses 5.0/MQTT-3.12.4-1\n catches d\n client a\n"),
    ("E029", " client e version 4\n a connect clean"),
    ("E029", "a ping only 6.0"),
    ("E030", " needs quality\n a connect clean"),
    ("E031", "m -> PINGREQ broken by reserved-bt deviant"),
    ("E032", "m -> PINGREQ broken by flags=3"),
    ("E032", "m -> PUBLISH \"t\" dup=1"),
    ("E032", "a publish \"t/+\" \"p\""),
    ("E032", "a publish \"\" \"p\""),
    ("E032", "m -> PUBLISH \"t\\x00\" \"p\""),
    ("E032", "m -> PUBLISH topic=\"t\\xff\""),
    ("E032", "a connect clean will_topic=\"t/#\""),
    ("E032", "a subscribe \"t/#/x\""),
    ("E032", "a unsubscribe \"t+\""),
    ("E032", "m -> SUBSCRIBE id=1 \"a#\" options=1"),
    ("E032", "fence a d \"t/+\""),
    ("E032", "m -> PUBLISH \"t\" qos=1 id=7\n m -> PUBLISH \"u\" qos=1 id=7"),
    ("E032", "m -> PUBLISH \"t\" qos=1 id=7\n m -> PUBLISH \"t\" qos=1 id=7 dup=1"),
    ("E032", "m -> PUBLISH \"t\" qos=2 id=7\n m <- PUBREC id=7\n m -> PUBLISH \"t\" qos=2 id=7 dup=1"),
    (
        "E032",
        "m -> PUBLISH \"t\" qos=2 id=7\n m <- PUBREC id=7\n m connect resume\n m -> PUBLISH \"t\" qos=2 id=7 dup=1",
    ),
    ("E033", " a ping"),
    ("E033", " a connect clean\n fence a m \"t\""),
    ("E034", "m -> PUBLISH \"t\" qos=2 id=7\n fence m a \"t\" qos=2"),
    ("E035", "mqt 2\n"),
    ("E035", "a ping\nmqt 1"),
    ("E036", "title late"),
    ("E036", "client late"),
    ("E036", "mqt 1\nnothing here\n"),
    ("E037", " title again\n a connect clean"),
    ("E037", " clauses 5.0/MQTT-3.12.4-1\n a connect clean"),
    ("E037", "control none because\n control none why"),
    ("E038", "m <- PUBREC within 2"),
    ("E038", "m <- PUBREC within 99999999999999999999s"),
    ("E039", "m -> PUBREL id=$p"),
    ("E040", "recover"),
    ("E040", "recover now\n  a ping"),
    ("E040", "recover\n  recover\n   a ping"),
    ("E041", "a connect anew"),
    ("E041", "link a cut hard"),
    ("E041", "expect a receives exactly twice"),
    ("E042", "expect a receives nothing within 2s"),
    ("E042", "expect a receives \"p\" in order"),
    ("E042", "expect a receives \"p\" exactly once for 2s"),
    ("E043", "a ping only 3.1"),
    ("E045", " gate door\n a connect clean"),
    ("E045", " stands on wil\n a connect clean"),
    ("E005", " stands will\n a connect clean"),
    ("E005", " stands on\n a connect clean"),
    ("E037", " gate connection\n gate connection\n a connect clean"),
    ("E037", " stands on session session\n a connect resume"),
    ("E046", " stands on will\n a connect clean"),
    ("E046", " stands on qos2-in\n a connect clean\n a publish \"t\" \"p\" qos=1"),
    ("E046", " gate qos1-in\n a connect clean"),
    ("E046", " gate connection\n a connect clean\n a publish \"t\" \"p\" qos=1"),
    ("E046", " gate session\n stands on session\n a connect resume"),
    ("E028", " times 2\n expect a receives nothing"),
    ("E047", " times 2\n a connect clean\n a subscribe \"t\""),
    ("E047", " times 2\n a connect clean client_id=\"x\""),
    ("E047", " times 2\n a connect clean will_topic=\"t\""),
    ("E047", " times 2\n a finds \"t\" \"p\""),
    ("E005", "target freeze"),
    ("E016", "target freeze for 31s"),
    ("E038", "target freeze for ever"),
    ("E041", "target pause"),
    ("E004", "target kill now"),
    ("E004", "target stop fresh"),
    ("E041", "target connect clean"),
    ("E007", " client target\n a connect clean"),
    ("E049", "target thaw"),
    ("E049", "target restart"),
    ("E049", "target kill\n target stop"),
    ("E049", "target stop\n target freeze for 1s"),
    ("E049", "target kill\n a connect resume"),
    ("E049", "target kill\n target restart\n a ping"),
    ("E049", "target kill\n target restart\n a connect clean\n fence a m \"t\""),
    ("E042", "a connect clean reason=5 refused"),
    ("E050", "d -> PINGREQ in frames 1 *"),
    ("E050", "d -> PINGREQ with next"),
    ("E050", "d -> PINGREQ with next\n a -> PINGREQ"),
    ("E050", "d -> PINGREQ with next\n d -> PINGREQ only 5.0"),
    ("E050", " needs ws\n a connect clean\n a -> PINGREQ in frames *"),
    ("E050", " needs ws\n d connect clean\n d -> PINGREQ in frames * *"),
    ("E050", " needs ws\n d connect clean\n d -> PINGREQ in frames 1 *+"),
    ("E050", " needs ws\n d connect clean\n d -> PINGREQ in frames ping"),
    ("E050", " needs ws\n d connect clean\n d -> bytes c0 00 in frames all"),
    ("E050", " client o offers \"mqttv3.1, mqtt\"\n o connect clean"),
    ("E050", " needs ws\n client o offers \"mqttv3.1\"\n o connect clean"),
    ("E041", " client o certificate=mine\n o connect clean"),
    ("E041", " client o certificat=none\n o connect clean"),
    ("E014", " needs client-certificates\n client o certificate=none certificate=none\n o connect clean"),
    ("E051", " client o certificate=none\n o connect clean"),
    ("E054", " matrix x\n  r 1\n a connect clean"),
    ("E051", "link a cut rst in handshake"),
    ("E051", " needs tls\n link a cut fin in handshake"),
    ("E033", " needs tls\n link a cut rst at cipher byte 5"),
    ("E032", " needs ws\n d connect clean\n d -> PINGREQ in text frames *"),
];

#[test]
fn every_code_is_reached_by_exactly_its_mistake() {
    for (code, snippet) in ONE_EACH {
        let whole = ["scena", "mqt"].iter().any(|word| snippet.starts_with(word));
        let source = match snippet {
            snippet if whole => (*snippet).to_owned(),
            snippet if snippet.starts_with(' ') => format!("{HEADER}{CLIENTS}{snippet}\n"),
            snippet => format!("{HEADER}{CLIENTS}{CONNECTED} {snippet}\n"),
        };
        let mut got: Vec<&str> = found(&source).iter().map(|(code, ..)| *code).collect();
        if snippet.starts_with("scenaro") {
            got.retain(|code| *code == "E003"); // it lacks everything else too
        }
        assert_eq!(got, [*code], "{source}");
    }
    let reached: BTreeSet<&str> = ONE_EACH.iter().map(|(code, _)| *code).collect();
    // Slugs that stand twice need a file of their own, profiles and what judges a clause somebody who knows them.
    let apart = ["E009", "E044", "E048"];
    let all: BTreeSet<&str> = codes().iter().map(|e| e.code).filter(|code| !apart.contains(code)).collect();
    assert_eq!(reached, all);
}

#[test]
fn profiles_are_looked_up_by_who_has_them() {
    let source = format!("{HEADER}  client x via x\n{CLIENTS}{CONNECTED}  link a profile wrong # wrong\n");
    let (scenarios, _) = parse("f", "area", &source);
    let mistakes = profile_mistakes(&scenarios[0], &source, |name, place| {
        let at = if place == ProfilePlace::Client { "client" } else { "step" };
        (name != "good").then(|| (format!("{at} {name}"), None))
    });
    let found: Vec<_> =
        mistakes.iter().map(|m| (m.code, m.message.as_str(), m.at.column, m.at.length)).collect();
    assert_eq!(found, [("E044", "client x", 16, 1), ("E044", "step wrong", 18, 5)]);
}

#[test]
fn a_clause_that_nothing_judges_has_its_place() {
    let header = HEADER.replace("5.0/MQTT-3.12.4-1", "5.0/MQTT-4.3.3-1 5.0/MQTT-4.3.3-10");
    assert_ne!(header, HEADER);
    let source = format!("{header}{CLIENTS}{CONNECTED}");
    let (scenarios, _) = parse("f", "area", &source);
    let mistakes = clause_mistakes(&scenarios[0], &source, |clause| {
        clause.as_str().contains("5.0").then(|| (format!("not {clause}"), "help".to_owned()))
    });
    let line = source.lines().position(|line| line.contains("5.0/MQTT-4.3.3-1 ")).unwrap();
    let column = |word: &str| source.lines().nth(line).unwrap().find(word).unwrap() as u32 + 1;
    let found: Vec<_> =
        mistakes.iter().map(|m| (m.code, m.at.line as usize, m.at.column, m.at.length)).collect();
    let one = ("E048", line + 1, column("5.0/MQTT-4.3.3-1 "), 16);
    assert_eq!(found, [one, ("E048", line + 1, column("5.0/MQTT-4.3.3-10"), 17)]);
}

#[test]
fn slugs_stand_once_in_a_file() {
    let one = format!("{HEADER}{CLIENTS}{CONNECTED}");
    assert_eq!(found(&format!("{one}{one}")), [("E009", 11, 10)]);
}

#[test]
fn every_code_is_explained_and_stands_once() {
    let all: Vec<&str> = codes().iter().map(|e| e.code).collect();
    let sorted: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all, sorted.into_iter().collect::<Vec<_>>(), "in order, once each");
    for explanation in codes() {
        let text = explain(explanation.code).unwrap();
        assert!(text.starts_with(explanation.title) && text.ends_with(explanation.text));
    }
    assert_eq!(explain("E999"), None);
}

#[test]
fn nothing_follows_from_a_line_that_could_not_be_read() {
    // The mistyped connect might have connected, the mistyped arrival might have set the capture.
    let source = format!(
        "{HEADER}{CLIENTS} m connct clean\n m ping\n m <- PUBLISH id=$p qoos=1\n m -> PUBACK id=$p\n"
    );
    assert_eq!(found(&source).iter().map(|(code, ..)| *code).collect::<Vec<_>>(), ["E003", "E011"]);
}

#[test]
fn deviant_allows_what_breaks_the_protocol() {
    for step in
        ["m -> PUBREL id=0", "m -> CONNACK", "m -> PINGREQ broken by flags=3", "a subscribe \"t\" qos=3"]
    {
        assert_eq!(found(&format!("{HEADER}{CLIENTS}{CONNECTED} {step} deviant\n")), [], "{step}");
    }
}

#[test]
fn a_released_message_lets_a_fence_prove_something() {
    let before = "m -> PUBLISH \"t\" qos=2 id=7\n m <- PUBREC id=7\n m -> PUBREL id=7\n m <- PUBCOMP id=7";
    assert_eq!(found(&format!("{HEADER}{CLIENTS}{CONNECTED} {before}\n fence m a \"t\" qos=2\n")), []);
    let qos1 = "m -> PUBLISH \"t\" qos=2 id=7\n fence m a \"t\"";
    assert_eq!(found(&format!("{HEADER}{CLIENTS}{CONNECTED} {qos1}\n")), []);
}

#[test]
fn an_id_that_is_free_again_may_be_used() {
    for steps in [
        "m -> PUBLISH \"t\" qos=1 id=7\n m <- PUBACK id=7\n m -> PUBLISH \"t\" qos=1 id=7",
        "m -> PUBLISH \"t\" qos=2 id=7\n m <- PUBREC id=7 reason=0x97 only 5.0\n m -> PUBLISH \"t\" qos=2 id=7",
        "m -> PUBLISH \"t\" qos=2 id=7\n m <- PUBREC id=7\n m -> PUBREL id=7\n m <- PUBCOMP\n m -> PUBLISH \"t\" qos=2 id=7",
        "m -> PUBLISH \"t\" qos=1 id=7\n m connect clean\n m -> PUBLISH \"t\" qos=1 id=7",
        "m -> PUBLISH \"t\" qos=1 id=7\n m connect resume\n m -> PUBLISH \"t\" qos=1 id=7 dup=1",
        "m -> PUBLISH \"t\" qos=2 id=7\n m <- PUBREC id=7\n m -> PUBLISH \"t\" qos=2 id=7 dup=1 only 3.1.1",
        "m -> PUBLISH \"t\" qos=1 id=7\n m -> PUBLISH \"t\" qos=1 id=7 deviant",
        // Where the client answers by itself the text does not say what was answered.
        "a -> PUBLISH \"t\" qos=1 id=7\n a -> PUBLISH \"t\" qos=1 id=7",
    ] {
        let header = HEADER.replace(" clauses 5.0/", " clauses 3.1.1/MQTT-3.12.4-1 5.0/");
        assert_eq!(found(&format!("{header}{CLIENTS}{CONNECTED} {steps}\n")), [], "{steps}");
    }
}

#[test]
fn what_came_before_the_target_ended_may_be_looked_at_behind_it() {
    for steps in [
        "target kill\n m <- closed\n target restart\n m connect resume",
        "target stop\n expect a receives nothing\n target restart fresh\n a finds \"t\" \"p\"",
        "target freeze for 30s\n a ping\n target kill\n link a restore\n target restart\n a open",
    ] {
        let (scenarios, mistakes) = parse("f", "f", &format!("{HEADER}{CLIENTS}{CONNECTED} {steps}\n"));
        assert_eq!(mistakes, [], "{steps}");
        assert!(
            scenarios[0].solo && scenarios[0].handles_target(),
            "it runs alone, though it does not say so"
        );
    }
}

/// Steps of one version alone don't stand beside those of another.
#[test]
fn a_target_step_of_one_version_is_looked_at_in_that_version() {
    let header = HEADER.replace(" clauses 5.0/", " clauses 3.1.1/MQTT-3.12.4-1 5.0/");
    let whole = |steps: &str| format!("{header}{CLIENTS}{CONNECTED} {steps}\n");
    let found = |steps| found(&whole(steps)).iter().map(|(code, ..)| *code).collect::<Vec<_>>();
    assert_eq!(found("target kill only 5.0\n a ping only 3.1.1"), [""; 0]);
    assert_eq!(found("target kill only 5.0\n a ping"), ["E049"]);
    assert_eq!(found("target kill\n target kill"), ["E049"], "once, though in both versions");
}
