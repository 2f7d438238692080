//! A whole history to a verdict. Every checker runs on its own: one that panics makes the verdict `error`, and what the others
//! found is kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deadzone_history::{History, Verdict, VerdictKind};

use crate::{checkers, compose::compose, opinion::Opinion, survey::Survey};

/// Judges a history.
pub fn judge(history: &History) -> Verdict {
    let survey = match alone("survey", || Survey::of(history)) {
        Ok(survey) => survey,
        Err(Opinion::Ours { why }) => return Verdict::because(VerdictKind::Error, why),
        Err(_) => return Verdict::because(VerdictKind::Error, "the survey failed"),
    };
    let mut opinions = Vec::new();
    for checker in checkers::ALL {
        match alone(checker.name, || (checker.check)(&survey)) {
            Ok(found) => opinions.extend(found),
            Err(ours) => opinions.push(ours),
        }
    }
    compose(&survey, opinions)
}

/// Runs something of ours; a panic becomes an opinion about ourselves.
fn alone<T>(name: &str, run: impl FnOnce() -> T) -> Result<T, Opinion> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".to_owned());
        Opinion::Ours { why: format!("`{name}` panicked: {text}") }
    })
}
