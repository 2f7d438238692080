//! What a scenario stands on is read from its steps; `stands on` adds to it, and printing keeps only what was added.

use deadzone_script::{Gate, Scenario, parse, print};

const HEADER: &str = "scenario s\n title t\n clauses 5.0/MQTT-3.12.4-1\n catches d\n";
const CLIENTS: &str = " client a\n client m manual\n client d direct\n";

fn read(header: &str, steps: &str) -> Scenario {
    let steps: String = steps.lines().map(|step| format!(" {}\n", step.trim())).collect();
    let source =
        format!("{HEADER}{header}{CLIENTS} a connect clean\n m connect clean\n d connect clean\n{steps}");
    let (mut scenarios, mistakes) = parse("f.mqt", "f", &source);
    assert_eq!(mistakes, [], "{source}");
    scenarios.remove(0)
}

fn beyond_connection(steps: &str) -> String {
    let stands_on = read("", steps).stands_on;
    assert_eq!(stands_on.first(), Some(&Gate::Connection));
    stands_on[1..].iter().map(|gate| gate.name()).collect::<Vec<_>>().join(" ")
}

#[test]
fn steps_show_their_gates() {
    for (steps, gates) in [
        ("a ping", ""),
        ("a publish \"t\" \"p\" qos=1", "qos1-in"),
        ("m -> PUBLISH \"t\" \"p\" qos=2 id=7", "qos2-in"),
        ("m -> PUBLISH \"t\" \"p\" qos=2 id=7 deviant", ""),
        ("a subscribe \"t/+\"", "subscription wildcard"),
        ("m -> SUBSCRIBE id=1 \"#\" options=1", "subscription wildcard"),
        // A message has the lower of both QoS, and only one that must come is stood on.
        (
            "a subscribe \"t\" qos=1\n d publish \"t\" \"p\" qos=2\n a <- PUBLISH \"t\" \"p\"",
            "qos2-in subscription qos1-out",
        ),
        (
            "a subscribe \"t\" qos=2\n d burst 3 \"t\" \"p\" qos=2\n expect a receives \"p3\" exactly once",
            "qos2-in subscription qos2-out",
        ),
        (
            "a subscribe \"t\" qos=2\n d publish \"t\" \"p\" qos=2\n expect a receives \"p\" nothing",
            "qos2-in subscription",
        ),
        ("a connect resume", "session"),
        ("a connect resume session_present=0", ""),
        ("m open\n m -> CONNECT clean=0\n m <- CONNACK session_present=1", "session"),
        // A session is the same gate or another, by whether it holds a subscription.
        ("a subscribe \"t\"\n a disconnect\n a connect resume", "subscription session-subscribed"),
        ("a subscribe \"t\"\n a unsubscribe \"t\"\n a connect resume", "subscription session"),
        ("a subscribe \"t\"\n a connect fresh\n a connect resume", "subscription session"),
        ("a subscribe \"t\"\n d disconnect\n d connect resume", "subscription session"),
        (
            "m open\n m -> CONNECT clean=0\n m -> SUBSCRIBE id=1 \"t\"\n m <- CONNACK session_present=1",
            "subscription session-subscribed",
        ),
        ("a finds \"t\" \"p\"", "subscription retained"),
        (
            "a subscribe \"w\" qos=1\n m connect clean will_topic=\"w\" will_payload=\"gone\" will_qos=1\n \
             expect a receives \"gone\" at least once",
            "subscription qos1-out will",
        ),
        (
            "m subscribe \"t\" qos=1\n d publish \"t\" \"1\" qos=1\n d publish \"t\" \"2\" qos=1\n \
             m <- PUBLISH \"t\" \"1\" id=$a\n m <- PUBLISH \"t\" \"2\" id=$b",
            "qos1-in subscription qos1-out in-flight",
        ),
        (
            "m subscribe \"t\" qos=1\n d publish \"t\" \"1\" qos=1\n d publish \"t\" \"2\" qos=1\n \
             m <- PUBLISH \"t\" \"1\" id=$a\n m -> PUBACK id=$a\n m <- PUBLISH \"t\" \"2\" id=$b",
            "qos1-in subscription qos1-out",
        ),
    ] {
        assert_eq!(beyond_connection(steps), gates, "{steps}");
    }
}

#[test]
fn a_client_id_that_two_clients_name_makes_them_one() {
    let steps = "a connect clean client_id=\"x\"\n a subscribe \"t\" qos=1\n m connect resume client_id=\"x\"\n \
                 d publish \"t\" \"p\" qos=1\n expect m receives \"p\" at least once";
    assert_eq!(beyond_connection(steps), "qos1-in subscription qos1-out session-subscribed");
}

#[test]
fn the_text_adds_what_steps_cannot_show() {
    let steps = "a subscribe \"t\" qos=1\n d publish \"t\" \"p\" qos=1";
    let scenario = read(" stands on in-flight subscription\n", steps);
    let gates = [Gate::Connection, Gate::Qos1In, Gate::Subscription, Gate::InFlight];
    assert_eq!(scenario.stands_on, gates);
    let text = print(std::slice::from_ref(&scenario));
    assert!(text.contains("  stands on in-flight\n"), "{text}");
    assert_eq!(parse("f.mqt", "f", &text).0[0].stands_on, gates);
}

#[test]
fn a_gate_stands_on_the_others_and_not_on_itself() {
    let scenario = read(" gate qos2-in\n", "a publish \"t\" \"p\" qos=2");
    assert_eq!((scenario.gate, scenario.stands_on.as_slice()), (Some(Gate::Qos2In), &[Gate::Connection][..]));
    assert_eq!(parse("f.mqt", "f", &print(&[scenario])).0[0].gate, Some(Gate::Qos2In));
}

#[test]
fn names_are_a_public_format() {
    let names = Gate::ALL.map(Gate::name).join(" ");
    assert_eq!(
        names,
        "connection qos1-in qos2-in subscription qos1-out qos2-out in-flight session session-subscribed retained will wildcard"
    );
    assert!(Gate::ALL.into_iter().all(|gate| Gate::named(gate.name()) == Some(gate)));
    assert!(Gate::ALL.is_sorted());
}
