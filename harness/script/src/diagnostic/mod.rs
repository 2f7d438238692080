//! Mistakes with their place, what they mean, and how they are drawn. Must not know the grammar.

pub(crate) mod code;
mod mistake;
mod render;

pub use code::{Explanation, codes, explain};
pub use mistake::{Diagnostic, Severity};
pub use render::render;
pub(crate) use render::{shown, without_mark};
