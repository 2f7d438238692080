//! Opinions to one verdict: error > fail > inconclusive > not applicable > pass (slow) > pass.
//!
//! Findings come first in time first; what follows from an earlier one folds under it. A clause below MUST is a grade, and so
//! is everything in 3.1, which has no clauses, unless the scenario claims interoperability.

mod fold;
mod heap;

pub(crate) use heap::compose;
