//! OAUTHBEARER (RFC 7628): one message of the client, which shows a token.

use super::exchange::Step;
use crate::Config;

/// What stands between the parts of the message.
const SEPARATOR: char = '\u{1}';

/// Judges the client's only message. A wrong token fails at once: the challenge of RFC 7628 §3.2.2, which tells a client where to get
/// another, would have nothing to tell.
pub(super) fn step(data: &[u8], config: &Config) -> Step {
    let token = std::str::from_utf8(data).ok().and_then(token);
    if token.is_some_and(|token| config.secrets.knows_token(token)) { Step::Done(None) } else { Step::Failed }
}

/// The token in `n,a=user,^Ahost=…^Aauth=Bearer TOKEN^A^A`.
fn token(message: &str) -> Option<&str> {
    let (header, rest) = message.split_once(SEPARATOR)?;
    let mut header = header.split(',');
    let (binding, identity, end) = (header.next()?, header.next()?, header.next()?);
    let plain = matches!(binding, "n" | "y") && end.is_empty() && header.next().is_none();
    if !plain || !(identity.is_empty() || identity.starts_with("a=")) {
        return None;
    }
    let pairs = rest.strip_suffix("\u{1}\u{1}")?.split(SEPARATOR);
    let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == "auth")?.1;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn a_token_stands_in_its_frame_or_nowhere() {
        for (message, wanted) in [
            ("n,,\u{1}auth=Bearer t\u{1}\u{1}", Some("t")),
            ("n,a=me,\u{1}host=h\u{1}port=1\u{1}auth=bearer t\u{1}\u{1}", Some("t")),
            ("y,,\u{1}auth=Bearer a b\u{1}\u{1}", Some("a b")),
            ("n,,\u{1}auth=Bearer t\u{1}", None),
            ("n,,\u{1}auth=Basic t\u{1}\u{1}", None),
            ("n,,\u{1}other=Bearer t\u{1}\u{1}", None),
            ("p=tls-unique,,\u{1}auth=Bearer t\u{1}\u{1}", None),
            ("n,me,\u{1}auth=Bearer t\u{1}\u{1}", None),
            ("auth=Bearer t", None),
            ("\u{1}", None),
            ("", None),
        ] {
            assert_eq!(token(message), wanted, "{message:?}");
        }
    }
}
