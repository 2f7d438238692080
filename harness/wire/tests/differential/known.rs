//! Where the others are known to disagree with us, each with its clause and an input that shows it.

use deadzone_spec::ClauseId;
use deadzone_wire::{Decoded, Version};

use crate::Codec;

/// Whether this codec is known to take a packet that breaks the clause.
pub(crate) fn passes(_codec: Codec, _clause: ClauseId) -> bool {
    false
}

/// Whether this codec is known to refuse such a correct packet.
pub(crate) fn refuses(_codec: Codec, _decoded: &Decoded, _version: Version) -> bool {
    false
}
