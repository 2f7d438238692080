//! Any bytes as a recorded history: read, written and judged.

use deadzone_history::{Event, History, Reader, read, write};
use deadzone_oracle::{Judge, judge, obey_as};
use deadzone_spec::Party;
use deadzone_verdict::{Verdict, VerdictKind};

/// A record that can be read is written as it was, and whatever it says has a verdict; so has one that was cut off.
///
/// # Panics
///
/// Where it has none.
pub fn history(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else { return };
    let header = reader.header().clone();
    let events: Vec<Event> = reader.map_while(Result::ok).collect();
    let mut judge = Judge::new(&header);
    events.iter().for_each(|event| judge.observe(event));
    let _ = judge.finish_cut_off("the record was cut off");
    let record = History { header, events };
    for party in [Party::Server, Party::Client] {
        let _ = obey_as(&record, party);
    }
    let _ = same_from_a_file(&record);
}

/// The record comes back from its file, and its verdict with it, which is returned.
pub(super) fn same_from_a_file(record: &History) -> Verdict {
    let mut file = Vec::new();
    write(record, &mut file).expect("memory takes it");
    let again = read(&mut &*file).expect("what was written can be read");
    assert!(again == *record, "a record changed in its file");
    let verdict = judge(record);
    let reason = verdict.reason.as_deref().unwrap_or_default();
    assert!(verdict.kind != VerdictKind::Error || !reason.contains("panicked"), "{reason}");
    assert_eq!(
        format!("{verdict:?}"),
        format!("{:?}", judge(&again)),
        "a verdict hangs on more than the record"
    );
    verdict
}
