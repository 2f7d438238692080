//! What looks like a bearer token.

/// `Bearer …`, or a JSON Web Token: parts between dots, the first of which is base64url of an object. Of one that is torn off a dot need
/// not be there.
pub(super) fn is_token((text, torn): (&[u8], bool)) -> bool {
    let bearer = text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"bearer "));
    // Signed ones have three parts, encrypted ones five.
    let parts = text.split(|byte| *byte == b'.').count();
    bearer || text.starts_with(b"eyJ") && (torn || matches!(parts, 3 | 5))
}
