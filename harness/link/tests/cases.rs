//! Each fault, now and at each edge, whichever way the bytes are cut into calls.

mod bench;

use bench::{Bench, Chunks, LATE_US, PINGREQ, PINGRESP, PUBLISH, PUBREC, PUBREL, after, at, at_id, now};
use deadzone_link::{
    Cut,
    Direction::{Down, Up},
    Edge::{After, At, Before},
    Fault::{self, Blackhole, Coalesce, Delay, Hold, Release, Restore, Slice},
    LinkStep, Way,
};
use deadzone_wire::PacketKind as Kind;

const RST: Fault = Fault::Cut(Cut::Rst);
const FIN: Fault = Fault::Cut(Cut::Fin);
const SILENT: Fault = Fault::Cut(Cut::Silent);

/// The client writes a PUBLISH (12 bytes), a PUBREL (4) and a PINGREQ (2); then the broker a PUBREC (4) and a PINGRESP (2);
/// then the client closes, then the broker; then a long time passes.
fn play(steps: &[LinkStep], chunks: Chunks) -> String {
    let mut bench = Bench::with(steps);
    let (up, down) = ([PUBLISH, PUBREL, PINGREQ].concat(), [PUBREC, PINGRESP].concat());
    chunks.of(&up).for_each(|bytes| bench.up(bytes));
    chunks.of(&down).for_each(|bytes| bench.down(bytes));
    bench.close(Up, false);
    bench.close(Down, false);
    bench.wait_until(LATE_US);
    assert!(up.starts_with(&bench.to_broker), "the broker got bytes that nobody wrote: {steps:?}");
    assert!(down.starts_with(&bench.to_client), "the client got bytes that nobody wrote: {steps:?}");
    bench.told()
}

fn check(table: Vec<(Vec<LinkStep>, &str)>) {
    for (steps, want) in table {
        for chunks in [Chunks::Whole, Chunks::Bytes, Chunks::Of(3), Chunks::Of(5), Chunks::Of(16)] {
            let text: Vec<String> = steps.iter().map(ToString::to_string).collect();
            assert_eq!(play(&steps, chunks), want, "{text:?} in {chunks:?}");
        }
    }
}

#[test]
fn no_fault() {
    check(vec![(vec![], "b18 c6 fin>b fin>c")]);
}

#[test]
fn blackhole() {
    let (up, down, both) = (Blackhole(Way::Up), Blackhole(Way::Down), Blackhole(Way::Both));
    check(vec![
        (vec![now(up)], "fired lost-up 18 c6 fin>c"),
        (vec![now(down)], "fired b18 lost-down 6 fin>b"),
        (vec![now(both)], "fired lost-up 18 lost-down 6"),
        (vec![at(up, Before, 1, Kind::Publish, Up)], "fired lost-up 18 c6 fin>c"),
        (vec![at(up, Before, 1, Kind::Pubrel, Up)], "b12 fired lost-up 6 c6 fin>c"),
        (vec![at(up, After, 1, Kind::Publish, Up)], "b12 fired lost-up 6 c6 fin>c"),
        (vec![at(up, After, 1, Kind::Pubrel, Up)], "b16 fired lost-up 2 c6 fin>c"),
        (vec![at(up, After, 1, Kind::Pingreq, Up)], "b18 fired c6 fin>c"),
        (vec![at(up, At(1), 1, Kind::Publish, Up)], "b1 fired lost-up 17 c6 fin>c"),
        (vec![at(up, At(2), 1, Kind::Publish, Up)], "b2 fired lost-up 16 c6 fin>c"),
        (vec![at(up, At(11), 1, Kind::Publish, Up)], "b11 fired lost-up 7 c6 fin>c"),
        (vec![at(up, At(3), 1, Kind::Pubrel, Up)], "b15 fired lost-up 3 c6 fin>c"),
        // A packet of that length or less passes whole: nothing was torn.
        (vec![at(up, At(4), 1, Kind::Pubrel, Up)], "b18 c6 fin>b fin>c"),
        (vec![at(up, At(2), 1, Kind::Pingreq, Up)], "b18 c6 fin>b fin>c"),
        // The watched stream need not be the one that goes dark: PUBREL itself passes.
        (vec![at(down, Before, 1, Kind::Pubrel, Up)], "b12 fired b6 lost-down 6 fin>b"),
        (vec![at(up, Before, 1, Kind::Pubrec, Down)], "b18 fired c6 fin>c"),
        (vec![at(both, At(1), 1, Kind::Pubrec, Down)], "b18 c1 fired lost-down 5"),
        (vec![at(down, After, 1, Kind::Pubrec, Down)], "b18 c4 fired lost-down 2 fin>b"),
        // Another packet, another direction, a second one that never comes.
        (vec![at(up, Before, 1, Kind::Puback, Up)], "b18 c6 fin>b fin>c"),
        (vec![at(up, Before, 1, Kind::Publish, Down)], "b18 c6 fin>b fin>c"),
        (vec![at(up, Before, 2, Kind::Publish, Up)], "b18 c6 fin>b fin>c"),
    ]);
}

#[test]
fn cut() {
    check(vec![
        (vec![now(RST)], "fired cut-rst rst>b rst>c"),
        (vec![now(FIN)], "fired cut-fin fin>b fin>c"),
        (vec![now(SILENT)], "fired cut-silent rst>c"),
        (vec![at(RST, Before, 1, Kind::Pubrel, Up)], "b12 fired cut-rst rst>b rst>c"),
        (vec![at(RST, At(3), 1, Kind::Pubrel, Up)], "b15 fired cut-rst rst>b rst>c"),
        (vec![at(RST, After, 1, Kind::Pubrel, Up)], "b16 fired cut-rst rst>b rst>c"),
        (vec![at(RST, Before, 1, Kind::Pubrec, Down)], "b18 fired cut-rst rst>b rst>c"),
        (vec![at(RST, At(2), 1, Kind::Pubrec, Down)], "b18 c2 fired cut-rst rst>b rst>c"),
        (vec![at(FIN, Before, 1, Kind::Pubrel, Up)], "b12 fired cut-fin fin>b fin>c"),
        (vec![at(FIN, At(1), 1, Kind::Publish, Up)], "b1 fired cut-fin fin>b fin>c"),
        (vec![at(FIN, After, 1, Kind::Pubrec, Down)], "b18 c4 fired cut-fin fin>b fin>c"),
        (vec![at(SILENT, Before, 1, Kind::Pubrel, Up)], "b12 fired cut-silent rst>c"),
        (vec![at(SILENT, At(3), 1, Kind::Pubrec, Down)], "b18 c3 fired cut-silent rst>c"),
        (vec![at(SILENT, After, 1, Kind::Pubrec, Down)], "b18 c4 fired cut-silent rst>c"),
        // Black holes keep no cut from the broker; held bytes are thrown away by it.
        (vec![now(Blackhole(Way::Both)), now(FIN)], "fired fired cut-fin fin>b fin>c"),
        (vec![now(Hold(Way::Up)), at(FIN, After, 1, Kind::Pubrel, Up)], "fired fired cut-fin fin>b fin>c"),
        // Delayed bytes before the offset arrive first; with a reset from the other stream they don't.
        (
            vec![now(Delay(Way::Up, 9)), at(RST, After, 1, Kind::Publish, Up)],
            "fired fired cut-rst rst>c b12 rst>b",
        ),
        (
            vec![now(Delay(Way::Up, 9)), at(FIN, Before, 1, Kind::Pubrec, Down)],
            "fired fired cut-fin fin>c b18 fin>b",
        ),
        (
            vec![now(Delay(Way::Up, 9)), at(RST, Before, 1, Kind::Pubrec, Down)],
            "fired fired cut-rst rst>b rst>c",
        ),
    ]);
}

#[test]
fn hold_and_release() {
    check(vec![
        (vec![now(Hold(Way::Up))], "fired c6 fin>c"),
        (vec![now(Hold(Way::Both))], "fired"),
        (vec![at(Hold(Way::Up), At(3), 1, Kind::Publish, Up)], "b3 fired c6 fin>c"),
        (vec![at(Hold(Way::Up), Before, 1, Kind::Pubrel, Up)], "b12 fired c6 fin>c"),
        (vec![at(Hold(Way::Down), After, 1, Kind::Pubrec, Down)], "b18 c4 fired fin>b"),
        (
            vec![now(Hold(Way::Up)), at(Release(Way::Up), Before, 1, Kind::Pubrec, Down)],
            "fired fired released-up 18 b18 c6 fin>b fin>c",
        ),
        (
            vec![now(Hold(Way::Up)), at(Release(Way::Up), After, 1, Kind::Publish, Up)],
            "fired fired released-up 12 b18 c6 fin>b fin>c",
        ),
        (
            vec![at(Hold(Way::Up), At(1), 1, Kind::Publish, Up), after(Restore, 50)],
            "b1 fired c6 fin>c fired restored released-up 17 b17 fin>b",
        ),
        (vec![now(Hold(Way::Both)), after(Release(Way::Down), 50)], "fired fired released-down 6 c6 fin>c"),
        // What is held entered before the black hole and still arrives; nothing behind it does.
        (
            vec![now(Hold(Way::Up)), at(Blackhole(Way::Up), Before, 1, Kind::Pubrel, Up), after(Restore, 50)],
            "fired fired lost-up 6 c6 fin>c fired restored released-up 12 b12",
        ),
    ]);
}

#[test]
fn timing_and_pieces() {
    check(vec![
        (vec![now(Delay(Way::Up, 9))], "fired c6 fin>c b18 fin>b"),
        (vec![at(Delay(Way::Up, 9), Before, 1, Kind::Pubrel, Up)], "b12 fired c6 fin>c b6 fin>b"),
        (vec![at(Delay(Way::Down, 9), At(3), 1, Kind::Pubrec, Down)], "b18 c3 fired fin>b c3 fin>c"),
        (vec![now(Coalesce(Way::Down, 9))], "fired b18 fin>b c6 fin>c"),
        (vec![at(Coalesce(Way::Up, 9), After, 1, Kind::Publish, Up)], "b12 fired c6 fin>c b6 fin>b"),
        (vec![now(Slice(Way::Up, 1))], "fired b18 c6 fin>b fin>c"),
        (vec![at(Slice(Way::Both, 2), At(3), 1, Kind::Publish, Up)], "b3 fired b15 c6 fin>b fin>c"),
        (vec![now(Delay(Way::Up, 9)), now(Delay(Way::Up, 0))], "fired fired b18 c6 fin>b fin>c"),
        (
            vec![now(Delay(Way::Up, 9)), at(Delay(Way::Up, 0), At(5), 1, Kind::Publish, Up)],
            "fired fired c6 fin>c b18 fin>b",
        ),
        (
            vec![now(Delay(Way::Up, 9)), at(Restore, At(5), 1, Kind::Publish, Up)],
            "fired fired restored b18 c6 fin>b fin>c",
        ),
    ]);
}

#[test]
fn several_at_one_offset_in_the_order_of_arming() {
    let (dark, hold) = (Blackhole(Way::Up), Hold(Way::Up));
    check(vec![
        (
            vec![at(RST, Before, 1, Kind::Pubrel, Up), at(dark, Before, 1, Kind::Pubrel, Up)],
            "b12 fired cut-rst rst>b rst>c fired",
        ),
        (
            vec![at(dark, Before, 1, Kind::Pubrel, Up), at(Restore, Before, 1, Kind::Pubrel, Up)],
            "b12 fired fired restored b6 c6 fin>b fin>c",
        ),
        (
            vec![at(Restore, Before, 1, Kind::Pubrel, Up), at(dark, Before, 1, Kind::Pubrel, Up)],
            "b12 fired restored fired lost-up 6 c6 fin>c",
        ),
        // A stream that lost bytes stays dead after the restore.
        (
            vec![at(dark, At(5), 1, Kind::Publish, Up), at(Restore, At(6), 1, Kind::Publish, Up)],
            "b5 fired fired restored lost-up 13 c6 fin>c",
        ),
        (
            vec![at(hold, At(2), 1, Kind::Publish, Up), at(Release(Way::Up), At(8), 1, Kind::Publish, Up)],
            "b2 fired fired released-up 6 b16 c6 fin>b fin>c",
        ),
    ]);
}

#[test]
fn fields() {
    let dark = Blackhole(Way::Up);
    check(vec![
        (vec![at_id(dark, Before, Kind::Pubrel, 7, Up)], "b12 fired lost-up 6 c6 fin>c"),
        (vec![at_id(dark, At(3), Kind::Pubrel, 7, Up)], "b15 fired lost-up 3 c6 fin>c"),
        (vec![at_id(dark, After, Kind::Publish, 7, Up)], "b12 fired lost-up 6 c6 fin>c"),
        (vec![at_id(dark, At(1), Kind::Publish, 7, Up)], "b1 fired lost-up 17 c6 fin>c"),
        (vec![at_id(dark, Before, Kind::Pubrel, 8, Up)], "b18 c6 fin>b fin>c"),
        (vec![at_id(RST, At(2), Kind::Pubrec, 7, Down)], "b18 c2 fired cut-rst rst>b rst>c"),
        // A packet that one trigger decides on counts once for another.
        (
            vec![at_id(RST, After, Kind::Pubrel, 8, Up), at(dark, Before, 2, Kind::Pubrel, Up)],
            "b18 c6 fin>b fin>c",
        ),
        // A trigger of the type alone waits with the packet that another one decides on.
        (
            vec![at_id(RST, After, Kind::Publish, 8, Up), at(dark, At(4), 1, Kind::Publish, Up)],
            "b4 fired lost-up 14 c6 fin>c",
        ),
    ]);
}
