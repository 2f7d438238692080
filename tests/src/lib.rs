//! Nothing lives here: this package holds the tests that look at the whole workspace at once, and the library target gives
//! them a package. The architecture tests are in `architecture/`; the end-to-end tests in `cli/` belong to the command's package.
