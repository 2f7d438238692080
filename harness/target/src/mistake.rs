//! Mistakes in a TOML file, with their place. A line of it may hold a password, so nothing of its text is shown.

/// Line, column and what is wrong; an unknown key gets the one of `keys` that is meant.
pub fn mistake(text: &str, error: &toml::de::Error, keys: &[&str]) -> String {
    let place = error.span().map_or_else(String::new, |span| {
        let before = &text[..span.start.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("line {line}, column {column}: ")
    });
    let message = error.message();
    let unknown = message.split('`').nth(1).filter(|_| message.starts_with("unknown field"));
    match unknown {
        Some(key) => {
            let near = deadzone_spec::nearest(key, keys.iter().copied())
                .map(|near| format!(": did you mean `{near}`?"))
                .unwrap_or_default();
            format!("{place}unknown key `{key}`{near}")
        }
        None => format!("{place}{}", without_value(message)),
    }
}

/// A complaint of a wrong type names the value: only what is expected is kept.
fn without_value(message: &str) -> String {
    match (message.strip_prefix("invalid type: "), message.rsplit_once(", expected ")) {
        (Some(_), Some((_, expected))) => format!("invalid type: expected {expected}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[expect(dead_code, reason = "only whether it is read counts")]
            password: String,
        }
        mistake(text, &toml::from_str::<File>(text).unwrap_err(), &["password"])
    }

    #[test]
    fn a_mistake_has_its_place_and_shows_no_value() {
        assert_eq!(wrong("\npassword = 12345678\n"), "line 2, column 12: invalid type: expected a string");
        assert_eq!(
            wrong("pasword = \"guess\"\n"),
            "line 1, column 1: unknown key `pasword`: did you mean `password`?"
        );
        assert!(!wrong("password = guess\n").contains("guess"));
    }
}
