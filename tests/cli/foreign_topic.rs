//! A broker that sends what was not asked for, with the payload that is waited for: it is not what is waited for, and no error of
//! ours.

use crate::between::{Fate, From, between};
use crate::support::{broker, output, stdout};

const SUBACK: u8 = 0x90;

/// A retained message "on" at QoS 0 of a topic that nobody subscribes to.
const FOREIGN: &[u8] = b"\x31\x0b\x00\x07dz/else\x6f\x6e";

#[test]
fn a_retained_message_of_another_topic_is_not_what_is_looked_for() {
    let (_broker, address) = broker(&[]);
    let address = between(address, |from, _, packet| match from {
        From::Broker if packet[0] == SUBACK => Fate::Instead([FOREIGN, packet].concat()),
        _ => Fate::Pass,
    });
    let url = format!("mqtt://{address}");
    let run =
        output(&["run", "--broker", &url, "--mqtt", "3.1.1", "--quick", "retained/when/again-at-subscribe"]);
    let text = stdout(&run);
    // A server may subscribe for a client; it is no topic of this run, and nobody's violation.
    assert!(text.contains("1 passed"), "{text}");
    assert_eq!(run.status.code(), Some(0), "{text}");
}
