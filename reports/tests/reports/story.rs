//! A failure made by hand: a PUBREC is lost in a dead zone, and the broker delivers the resent message a second time.

use std::sync::Arc;

use deadzone_history::{
    By, ClientInfo, ClientIx, Close, Cut, Direction, End, Ended, Fault, HandMade, History, HowOften, Note,
    Place, Purpose, Start, Way,
};
use deadzone_verdict::{
    Capabilities, Choice, ControlResult, Coverage, Fact, Finding, Grade, GradeLevel, Phase, Provenance,
    Repeat, RunEvent, RunInfo, ScenarioKey, ScenarioResult, Source, Summary, Verdict, VerdictKind,
};
use deadzone_wire::{Ack, AckKind, Bare, Packet, PacketKind, Publish, Version};

pub(crate) const SOURCE: &str = r#"mqt 1

scenario pubrec-lost
  title     PUBREC lost in a dead zone: the resent PUBLISH is not delivered twice
  clauses   3.1.1/MQTT-4.3.3-2  5.0/MQTT-4.3.3-10
  needs     qos 2, session

  client sub direct
  client pub manual

  sub connect clean
  sub subscribe "{run}/t" qos=2
  pub connect fresh

  link pub blackhole down before PUBREC down
  pub -> PUBLISH "{run}/t" qos=2 id=7 "once"
  link pub saw PUBREC down within 2s
  link pub cut silent
  link pub restore

  recover
    pub connect resume session_present=1
    pub -> PUBLISH "{run}/t" qos=2 id=7 dup=1 "once"
    pub <- PUBREC id=7
    pub -> PUBREL id=7
    pub <- PUBCOMP id=7
  expect sub receives "once" exactly once
"#;

fn ack(kind: AckKind) -> Ack {
    Ack::new(kind, 7)
}

fn base() -> (HandMade, ClientIx, ClientIx) {
    let mut h = HandMade::new(Version::V5);
    h.every_us(400);
    "5eed00c3".clone_into(&mut h.header().seed);
    let version = Version::V5;
    let of = |name: &str, manual, direct| {
        let name = name.to_owned();
        ClientInfo { name, manual, direct, version, bridge: false }
    };
    let sub = h.client_with(of("sub", false, true));
    let publisher = h.client_with(of("pub", true, false));
    (h, sub, publisher)
}

/// The history, the numbers of the evidence and the failed claim.
fn delivered_twice(payload: &str) -> (History, Vec<u64>, u32) {
    let (mut h, sub, publisher) = base();
    let publish = |dup| Publish { dup, ..Publish::new("dz1/t", 2, Some(7), payload.as_bytes().to_vec()) };
    let observer = h.connect(sub, Start::Clean);
    h.subscribe(observer, 1, "dz1/t", 2);
    let first = h.connect(publisher, Start::Fresh);
    let text = "blackhole down before PUBREC down".to_owned();
    h.link(
        publisher,
        Some(first),
        Note::Armed { fault: 1, effect: Fault::Blackhole(Way::Down), text: text.clone() },
    );
    h.up(first, publish(false));
    let delivered = h.deliver(observer, "dz1/t", 2, 1, payload);
    h.link(publisher, Some(first), Note::Fired { fault: 1, effect: Fault::Blackhole(Way::Down), text });
    let owned = h.down_lost(first, ack(AckKind::Pubrec));
    h.link(publisher, Some(first), Note::Swallowed { direction: Direction::Down, bytes: 4 });
    h.pass_us(200_000);
    h.link(publisher, Some(first), Note::Cut { how: Cut::Silent });
    h.cut_silent(first);
    h.link(publisher, None, Note::Restored);
    h.pass_us(12_000);
    let second = h.connect(publisher, Start::Resume);
    let claim = h.receives(sub, &[payload], HowOften::ExactlyOnce);
    let resent = h.up(second, publish(true));
    let again = h.deliver(observer, "dz1/t", 2, 2, payload);
    h.down(second, ack(AckKind::Pubrec));
    h.up(second, ack(AckKind::Pubrel));
    h.down(second, ack(AckKind::Pubcomp));
    h.up(observer, Bare::pingreq());
    h.down(observer, Bare::pingresp());
    h.grace(500_000);
    h.teardown();
    h.disconnect(second);
    (h.finish(), vec![delivered, owned, resent, again], claim)
}

pub(crate) fn result(payload: &str) -> ScenarioResult {
    let (history, evidence, claim) = delivered_twice(payload);
    let got = format!("\"{payload}\" was delivered to sub 2 times: #{} and #{}", evidence[0], evidence[3]);
    let finding = Finding {
        fact: Fact::DeliveredTwice,
        phase: Phase::default(),
        client: Some("pub".to_owned()),
        qos: Some(2),
        clause: deadzone_spec::id!("5.0/MQTT-4.3.3-10"),
        also: vec![deadzone_spec::id!("5.0/MQTT-4.3.3-9")],
        by: "exactly-once".to_owned(),
        wanted: "one delivery: between PUBREC id=7 and PUBREL id=7 a PUBLISH with id 7 is the same message"
            .to_owned(),
        got,
        meanwhile: String::new(),
        evidence,
        repeat: None,
        claim: Some(claim),
        place: Some(Place { line: 27, column: 14, length: 28 }),
        could_instead: vec![
            "forget the session and say session_present=0: it said 1".to_owned(),
            "answer the resent PUBLISH with PUBREC reason 0x80 or more: it said success".to_owned(),
        ],
        folded: vec![],
    };
    let fault_free = "1 delivery, PUBREC 0.4 ms after PUBLISH".to_owned();
    ScenarioResult {
        verdict: Verdict {
            kind: VerdictKind::Fail,
            findings: vec![finding],
            grades: vec![Grade {
                clause: None,
                level: GradeLevel::Info,
                text: "delivers onward at PUBLISH, not at PUBREL".to_owned(),
                evidence: vec![],
            }],
            ..Verdict::pass()
        },
        control: Some(ControlResult {
            kind: VerdictKind::Pass,
            same_clause: false,
            text: fault_free,
            history: None,
        }),
        repeats: vec![failed_again(), failed_again()],
        compared: Some("by what was found; 5.0/MQTT-4.3.3-10: 3 of 3 runs".to_owned()),
        history: Some(Arc::new(history)),
        target_log: Some(
            "1: New connection from 127.0.0.1\n2: Client pub already connected, closing old connection."
                .to_owned(),
        ),
        ..empty("qos2/recovery/pubrec-lost", VerdictKind::Fail)
    }
}

/// PUBREL is never answered: what was given, acted on and seen matters.
pub(crate) fn silent() -> ScenarioResult {
    let (mut h, sub, publisher) = base();
    let observer = h.connect(sub, Start::Clean);
    h.subscribe(observer, 1, "dz1/t", 2);
    let first = h.connect(publisher, Start::Fresh);
    h.up(first, HandMade::message("dz1/t", 2, 7, "once"));
    h.down(first, ack(AckKind::Pubrec));
    let text = "blackhole up before PUBREL up".to_owned();
    h.link(publisher, Some(first), Note::Fired { fault: 1, effect: Fault::Blackhole(Way::Up), text });
    h.up_lost(first, ack(AckKind::Pubrel));
    h.link(publisher, Some(first), Note::Swallowed { direction: Direction::Up, bytes: 4 });
    h.pass_us(200_000);
    h.link(publisher, Some(first), Note::Cut { how: Cut::Rst });
    h.closed(first, End::Client, By::Harness, Close::Rst);
    h.closed(first, End::Broker, By::Harness, Close::Rst);
    h.link(publisher, None, Note::Restored);
    let second = h.connect(publisher, Start::Resume);
    let given = h.up(second, ack(AckKind::Pubrel));
    let claim = h.arrives(second, PacketKind::Pubcomp, Some(given - 1));
    h.pass_us(2_000_000);
    h.up(second, Bare::pingreq());
    let pong = h.down(second, Bare::pingresp());
    h.pass_us(10_000_000);
    h.unmet(claim, 12_000_000, Ended::Patience, None);
    let finding = Finding {
        fact: Fact::AnswerMissing,
        phase: Phase::default(),
        client: Some("pub".to_owned()),
        qos: Some(2),
        clause: deadzone_spec::id!("5.0/MQTT-4.3.3-11"),
        also: vec![],
        by: "claims".to_owned(),
        wanted: "PUBCOMP id=7".to_owned(),
        got: "no PUBCOMP for id 7 in 12.0 s".to_owned(),
        meanwhile: format!("answered PINGREQ with PINGRESP (#{pong})"),
        evidence: vec![given, pong],
        repeat: None,
        claim: Some(claim),
        place: Some(Place { line: 26, column: 5, length: 19 }),
        could_instead: vec!["send PUBCOMP with reason 0x92: no PUBCOMP came at all".to_owned()],
        folded: vec![],
    };
    let verdict = Verdict { kind: VerdictKind::Fail, findings: vec![finding], ..Verdict::pass() };
    ScenarioResult {
        verdict,
        history: Some(Arc::new(h.finish())),
        ..empty("qos2/recovery/pubrel-lost", VerdictKind::Fail)
    }
}

pub(crate) fn empty(id: &str, kind: VerdictKind) -> ScenarioResult {
    ScenarioResult {
        key: ScenarioKey { id: id.to_owned(), version: Version::V5 },
        transport: Some(deadzone_spec::Transport::Tcp),
        party: deadzone_spec::Party::Server,
        title: "PUBREC lost in a dead zone: the resent PUBLISH is not delivered twice".to_owned(),
        file: "scenarios/qos2/recovery.mqt".to_owned(),
        source: SOURCE.into(),
        line: 3,
        clauses: vec![deadzone_spec::id!("5.0/MQTT-4.3.3-10")],
        like: vec!["https://github.com/vernemq/vernemq/issues/2552".to_owned()],
        verdict: Verdict::because(kind, "no server in the path"),
        control: None,
        repeats: vec![],
        compared: None,
        history: None,
        repeat_command: format!("deadzone run --target somebroker --only {id} --version 5.0 --seed 5eed"),
        wall_ms: 734,
        target_log: None,
        expectation: None,
    }
}

/// A slow link, a packet torn by a cut, a broker that closes, and more rows than a screen has.
pub(crate) fn long() -> ScenarioResult {
    let (mut h, _, publisher) = base();
    let first = h.connect(publisher, Start::Fresh);
    for id in 1..=60 {
        h.publish(first, "dz1/many", 1, id, "filler");
    }
    let late = HandMade::message("dz1/t", 2, 7, "late").encode(Version::V5);
    let sent = h.frame(first, Direction::Up, End::Client, &late, Purpose::Script);
    h.pass_us(120_000);
    let given = h.frame(first, Direction::Up, End::Broker, &late, Purpose::Script);
    let answer = Packet::from(ack(AckKind::Pubrec)).encode(Version::V5);
    let seen = h.frame(first, Direction::Down, End::Broker, &answer, Purpose::Script);
    h.pass_us(80_000);
    h.frame(first, Direction::Down, End::Client, &answer, Purpose::Script);
    let torn = HandMade::message("dz1/torn", 1, 8, "a payload that is torn");
    h.up_lost(first, torn.clone());
    h.link(publisher, Some(first), Note::Discarded { direction: Direction::Up, bytes: 24 });
    h.link(publisher, Some(first), Note::Cut { how: Cut::Fin });
    h.torn(first, Direction::Up, End::Broker, torn, 14);
    h.cut_fin(first);
    let finding = Finding {
        fact: Fact::AnswerMissing,
        phase: Phase::default(),
        client: Some("pub".to_owned()),
        qos: Some(2),
        clause: deadzone_spec::id!("5.0/MQTT-4.8.2-1"),
        also: vec![],
        by: "rule".to_owned(),
        wanted: "something else".to_owned(),
        got: "PUBREC for a message that was late".to_owned(),
        meanwhile: String::new(),
        evidence: vec![sent, given, seen],
        repeat: None,
        claim: None,
        place: None,
        could_instead: vec![],
        folded: vec![],
    };
    let verdict = Verdict { kind: VerdictKind::Fail, findings: vec![finding], ..Verdict::pass() };
    ScenarioResult { verdict, history: Some(Arc::new(h.finish())), ..empty("link/long", VerdictKind::Fail) }
}

/// A run with every kind of verdict.
pub(crate) fn events() -> Vec<RunEvent> {
    let kinds = [
        ("connect/first", VerdictKind::Pass),
        ("connect/slow", VerdictKind::PassSlow),
        ("share/order", VerdictKind::NotApplicable),
        ("share/two", VerdictKind::NotApplicable),
        ("will/delay", VerdictKind::Inconclusive),
        ("will/kill", VerdictKind::Error),
    ];
    let mut out = vec![RunEvent::Started(Arc::new(info()))];
    let others = kinds.into_iter().map(|(id, kind)| match kind {
        VerdictKind::Pass | VerdictKind::PassSlow => {
            let verdict = Verdict { kind, ..Verdict::pass() };
            ScenarioResult { verdict, ..empty(id, kind) }
        }
        _ => empty(id, kind),
    });
    for result in others.chain([result("once"), silent()]) {
        out.push(RunEvent::ScenarioStarted(result.key.clone()));
        out.push(RunEvent::ScenarioFinished(Arc::new(result)));
    }
    out.push(RunEvent::Finished(Arc::new(summary())));
    out
}

/// What a hostile broker would send into every report.
pub(crate) const HOSTILE: &str =
    "\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}]]>&<script>\0\u{ffff}\u{fffe}\r\n::error::\u{2028}\u{200b}";

/// A failure in which everything that the target can write is hostile.
pub(crate) fn hostile() -> ScenarioResult {
    let mut out = result(HOSTILE);
    out.target_log = Some(HOSTILE.to_owned());
    out.verdict.reason = Some(HOSTILE.to_owned());
    out.verdict.grades[0].text = HOSTILE.to_owned();
    for finding in &mut out.verdict.findings {
        HOSTILE.clone_into(&mut finding.meanwhile);
        finding.could_instead.push(HOSTILE.to_owned());
        finding.folded.push(finding.clone());
    }
    out
}

/// A run of the hostile failure against a target with a hostile version.
pub(crate) fn hostile_events() -> Vec<RunEvent> {
    let mut info = info();
    info.target_version = Some(HOSTILE.to_owned());
    info.links = Some(HOSTILE.to_owned());
    info.target_configuration = HOSTILE.to_owned();
    info.capabilities[0].sources.push(advertised(HOSTILE, HOSTILE));
    let finished = RunEvent::ScenarioFinished(Arc::new(hostile()));
    let skipped = ScenarioResult {
        verdict: Verdict::because(VerdictKind::NotApplicable, HOSTILE),
        ..empty("share/order", VerdictKind::NotApplicable)
    };
    let skipped = RunEvent::ScenarioFinished(Arc::new(skipped));
    vec![RunEvent::Started(Arc::new(info)), finished, skipped, RunEvent::Finished(Arc::new(summary()))]
}

pub(crate) fn info() -> RunInfo {
    RunInfo {
        deadzone: "0.1.0".to_owned(),
        suite: "ab12cd34".to_owned(),
        target: "somebroker".to_owned(),
        target_version: Some("1.4.0".to_owned()),
        address: Some("127.0.0.1:1883".to_owned()),
        transport: Some(deadzone_spec::Transport::Tcp),
        target_configuration: "somebroker --config test.conf\nlistener 1883\nallow_anonymous true".to_owned(),
        links: None,
        switched_on: vec![],
        capabilities: vec![Capabilities {
            version: Version::V5,
            max_qos: 2,
            retain: true,
            wildcard: true,
            subscription_identifier: true,
            shared: false,
            session: true,
            receive_maximum: 20,
            maximum_packet_size: None,
            server_keep_alive_s: None,
            topic_alias_maximum: 0,
            sources: vec![advertised("shared", "CONNACK Shared Subscription Available 0")],
        }],
        seed: "5eed".to_owned(),
        planned: 8,
        choice: Choice { tier: "full".to_owned(), ..Choice::default() },
        scripts: None,
    }
}

pub(crate) fn summary() -> Summary {
    Summary {
        blocked: 0,
        pass: 2,
        slow: 1,
        fail: 2,
        inconclusive: 1,
        not_applicable: 2,
        error: 1,
        not_run: 0,
        coverage: vec![covered(Version::V311, 61, 70), covered(Version::V5, 120, 133)],
        interrupted: false,
        exit_code: 1,
        wall_ms: 12_345,
        confirmation_ms: 2_345,
        long_bound_s: None,
        notices: vec![],
        gates: vec![],
        left_out: vec![],
        expectations: None,
    }
}

/// A repeat that failed as the first run did.
fn failed_again() -> Repeat {
    let verdict = Verdict { kind: VerdictKind::Fail, ..Verdict::pass() };
    Repeat { verdict, history: None, cut_short: false }
}

fn covered(version: Version, tested: usize, of: usize) -> Coverage {
    Coverage { version, tested, of, own: 3 }
}

fn advertised(fact: &str, how: &str) -> Provenance {
    Provenance { fact: fact.to_owned(), source: Source::Advertised, how: how.to_owned() }
}
