//! The nodes of a target: a broker may listen at several endpoints, which are one server to its clients (a cluster) or two
//! with a bridge between them. Nodes are numbered from 1, as a scenario writes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One node of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Node(u8);

impl Node {
    /// Where everything happens unless something else is said.
    pub const FIRST: Self = Self(1);
    /// Most nodes of a target.
    pub const MAX: u8 = 9;

    /// The node of this number, 1 to [`Self::MAX`].
    pub fn new(number: u8) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// The node at this place of a list.
    pub fn at(index: usize) -> Option<Self> {
        Self::new(u8::try_from(index).ok()?.checked_add(1)?)
    }

    /// Its number, from 1.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Its place in a list.
    pub fn index(self) -> usize {
        usize::from(self.0 - 1)
    }

    /// Whether it is the first one.
    pub fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::FIRST
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number names no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no node: expected 1 to {max}", max = Node::MAX)]
pub struct NoNode(u8);

impl TryFrom<u8> for Node {
    type Error = NoNode;

    fn try_from(number: u8) -> Result<Self, NoNode> {
        Self::new(number).ok_or(NoNode(number))
    }
}

impl From<Node> for u8 {
    fn from(node: Node) -> Self {
        node.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_numbered_from_one() {
        assert_eq!(Node::at(0), Some(Node::FIRST));
        assert_eq!(Node::at(1).map(Node::index), Some(1));
        for none in [0, Node::MAX + 1, u8::MAX] {
            assert_eq!(Node::new(none), None);
            assert_eq!(
                Node::try_from(none).unwrap_err().to_string(),
                format!("`{none}` is no node: expected 1 to 9")
            );
        }
        assert_eq!(Node::at(usize::MAX), None);
    }
}
