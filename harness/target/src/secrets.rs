//! Passwords in what is shown of a broker that we start: its configuration and its log.

use deadzone_wire::Credentials;

/// What stands in place of one.
const MASK: &str = "(password)";
/// A shorter one is part of too many words: masking it would hide nothing and garble all.
const LENGTH_MIN: usize = 4;

/// The passwords that must not be shown.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    /// Never one of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Secrets").field(&self.0.len()).finish()
    }
}

impl Secrets {
    /// Those of whoever gets in.
    pub(crate) fn of<'a>(all: impl IntoIterator<Item = Option<&'a Credentials>>) -> Self {
        let passwords = all.into_iter().flatten().filter_map(|credentials| credentials.password.as_ref());
        let texts = passwords.map(|password| String::from_utf8_lossy(password).into_owned());
        let mut secrets: Vec<String> = texts.filter(|text| text.len() >= LENGTH_MIN).collect();
        // One that holds another goes first.
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(secrets)
    }

    /// The text without them.
    pub(crate) fn mask(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), MASK) } else { text }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_the_longer_one_first() {
        let of = |password: &str| Credentials { user: None, password: Some(password.to_owned().into()) };
        let (short, long, tiny) = (of("hunter2"), of("hunter2-and-more"), of("x"));
        let secrets = Secrets::of([Some(&short), None, Some(&long), Some(&tiny)]);
        let text = secrets.mask("rider:hunter2 hunter2-and-more x hunter".to_owned());
        assert_eq!(text, "rider:(password) (password) x hunter");
        assert!(!format!("{secrets:?}").contains("hunter"));
    }
}
