//! Named ways to break a valid packet. They compose: a list is applied left to right.

/// One way to break a packet's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The low nibble of the first byte becomes this value.
    Flags(u8),
}
