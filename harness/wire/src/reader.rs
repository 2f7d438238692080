//! A cursor over a frame's body.
