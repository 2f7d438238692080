//! What one checker thinks. Composing opinions into a verdict is not decided here.

use deadzone_verdict::{Finding, Grade};

/// One opinion of a checker.
#[derive(Clone, Debug)]
pub(crate) enum Opinion {
    /// A clause was broken.
    Broken(Box<Finding>),
    /// Worth saying, no failure.
    Grade(Grade),
    /// The experiment, or a part of it, did not happen.
    Doubt {
        /// The event at which that became clear.
        at: u64,
        /// Why, for people.
        why: String,
    },
    /// The target refused within its rights what the scenario needs.
    NotApplicable {
        /// The event that says so.
        at: u64,
        /// What it refused, for people.
        why: String,
    },
    /// What was claimed came, but after its `within`.
    Slow,
    /// A client of ours broke the protocol without being told to: what the broker did afterwards can't be held against it.
    Illegal {
        /// The event.
        at: u64,
        /// What it did, for people.
        why: String,
    },
    /// The harness contradicts itself.
    Ours {
        /// How, for people.
        why: String,
    },
}

impl Opinion {
    pub(crate) fn doubt(at: u64, why: impl Into<String>) -> Self {
        Self::Doubt { at, why: why.into() }
    }

    pub(crate) fn broken(finding: Finding) -> Self {
        Self::Broken(Box::new(finding))
    }
}
