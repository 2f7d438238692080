//! Whether a text is a fingerprint, as the format of findings writes them. Only its shape and its names are looked at: what is
//! compared later is the text.

use deadzone_spec::ClauseId;
use deadzone_verdict::Fact;

use super::alias::{Kind, alias};

/// How a connection came to its session, in every fingerprint.
const STANDINGS: [&str; 3] = ["live", "resumed", "taken-over"];
/// What may stand beside it.
const PARTS: [&str; 4] = ["acknowledged", "after", "client", "qos"];

/// A fingerprint with the names of today, where it has old ones, and why they were changed.
pub(super) fn renamed(text: &str) -> Option<(String, &'static str)> {
    let mut words: Vec<&str> = text.split(' ').collect();
    let mut why = None;
    for (word, kind) in words.iter_mut().zip([Kind::Clause, Kind::Fact]) {
        let old = alias(kind, word);
        if let Some(now) = old.and_then(|alias| alias.now) {
            *word = now;
            why = why.or_else(|| old.map(|alias| alias.why));
        }
    }
    why.map(|why| (words.join(" "), why))
}

/// The clause of a fingerprint; else what is wrong with it, and what to do about that.
pub(super) fn clause(text: &str) -> Result<ClauseId, (String, Option<String>)> {
    let mut words = text.split(' ');
    let (clause, fact) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Some(known) = ClauseId::find(clause) else {
        let retired = alias(Kind::Clause, clause).map(|alias| format!("it was retired: {}", alias.why));
        let near = || deadzone_spec::suggest(clause).map(|near| format!("did you mean `{near}`?"));
        let near = retired.or_else(near);
        return Err((format!("`{clause}` is no clause"), near));
    };
    let facts = || Fact::ALL.iter().map(|fact| fact.name());
    if !facts().any(|name| name == fact) {
        let near = deadzone_spec::nearest(fact, facts()).map(|near| format!("did you mean `{near}`?"));
        return Err((format!("`{fact}` is no kind of fact"), near));
    }
    let mut standing = false;
    for word in words {
        let part =
            word.split_once('=').is_some_and(|(name, value)| PARTS.contains(&name) && !value.is_empty());
        standing |= STANDINGS.contains(&word);
        if !part && !STANDINGS.contains(&word) {
            let known = STANDINGS.into_iter().chain(PARTS);
            let near = deadzone_spec::nearest(word.split('=').next().unwrap_or_default(), known);
            return Err((
                format!("`{word}` is no part of a fingerprint"),
                near.map(|near| format!("did you mean `{near}`?")),
            ));
        }
    }
    let whole = "copy it from the report: `run --json` has the `fingerprint` of each finding";
    standing.then_some(known).ok_or_else(|| ("half a fingerprint".to_owned(), Some(whole.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::{ClauseId, clause, renamed};

    const WHOLE: &str =
        "5.0/MQTT-4.3.3-10 delivered-twice acknowledged=PUBREC resumed after=cut client=sub qos=2";

    #[test]
    fn a_whole_one_has_its_clause() {
        assert_eq!(clause(WHOLE).map(ClauseId::as_str), Ok("5.0/MQTT-4.3.3-10"));
        assert!(clause("5.0/MQTT-4.3.3-10 delivered-twice live").is_ok());
    }

    #[test]
    fn an_old_name_is_read_as_the_new_one() {
        let (now, why) = renamed("3.1.1/DZ-connack-code wrong-field live client=a").unwrap();
        assert_eq!(
            (now.as_str(), why),
            ("3.1.1/MQTT-3.2.2-6 wrong-field live client=a", "the statement has a number")
        );
        assert_eq!(renamed(WHOLE), None);
    }

    #[test]
    fn every_part_that_is_none_is_told_with_what_is_near() {
        let of = |text: &str| clause(text).unwrap_err();
        assert_eq!(of("5.0/MQTT-4.3.3-99 delivered-twice live").0, "`5.0/MQTT-4.3.3-99` is no clause");
        let (what, help) = of("5.0/MQTT-4.3.3-10 deliverd-twice live");
        assert!(what.contains("no kind of fact") && help.unwrap().contains("`delivered-twice`"));
        let (what, help) = of("5.0/MQTT-4.3.3-10 delivered-twice live aftr=cut");
        assert!(what.contains("`aftr=cut`") && help.unwrap().contains("`after`"));
        assert!(of("5.0/MQTT-4.3.3-10 delivered-twice").1.unwrap().contains("--json"));
        assert!(of("5.0/MQTT-4.3.3-10 delivered-twice live qos=").0.contains("qos="));
    }
}
