//! The package of what looks at the whole workspace at once. The architecture tests are in `architecture/`, the end-to-end tests in
//! `cli/` belong to the command's package. In the library is what the fuzzers of `fuzz/` run, so that an ordinary test can replay what
//! they found (`replay/`).

pub mod fuzz;
