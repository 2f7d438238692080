//! A reproduction without deadzone: a Python script of raw sockets that plays what one record shows, and looks by itself whether the
//! fault comes again.
//!
//! A record is played at the broker's end of each connection: what was given to the broker is sent byte for byte, what was read from
//! it is waited for, and what a link did to a connection is done to the socket. So the script needs no link: where one swallowed an
//! answer, the script reads it and goes on as a client that never saw it.
//!
//! A [`Walk`](walk::Walk) is the record as steps, a [`Check`](check::Check) what the finding says. The fault is shown only where
//! everything that the record has before it came again, since a verdict is a function of the record: whatever comes otherwise is
//! *not shown*. The script is plain ASCII, and nothing that a broker sent can be anything else in it than data.
//!
//! Nothing here opens a file or asks a clock.

mod check;
mod head;
mod ids;
mod name;
mod page;
mod python;
mod render;
mod silence;
mod step;
mod walk;

pub use name::{SCRIPT_MARK, script_name};
pub use render::{Recording, Reproduction, reproduction};
