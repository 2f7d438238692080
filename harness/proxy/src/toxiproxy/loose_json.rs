//! Bodies as Toxiproxy reads them: the first JSON value counts, names in any case, null is not given, unknown names are
//! passed over. The mistakes are worded as its users know them. Bodies of ours are read in the same way, but for names that
//! is unknown. Knows no routes.

use std::sync::LazyLock;

use serde_json::{Deserializer, Map, Value, error::Category};

use super::go_syntax;

/// What null is where an object is wanted.
static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// What is wrong with a body, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake(pub(super) String);

/// The first value of a body.
pub(super) fn first(body: &[u8]) -> Result<Value, Mistake> {
    match Deserializer::from_slice(body).into_iter::<Value>().next() {
        None => Err(Mistake("EOF".to_owned())),
        Some(Ok(value)) => Ok(value),
        // What Go's parser would not mind (a number beyond all floats, bytes that are no UTF-8) has our parser's words.
        Some(Err(error)) => Err(Mistake(match go_syntax::complaint(body) {
            Some(said) => said,
            None if error.classify() == Category::Eof => go_syntax::TOO_SHORT.to_owned(),
            None => error.to_string(),
        })),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Go names the struct too (`struct field Proxy.name`), and which one differs between its releases: it is left out.
fn wrong(value: &Value, name: &str, wanted: &str) -> Mistake {
    let of = if name.is_empty() { String::new() } else { format!("field {name} of type ") };
    // It shows the number only where a number was wanted.
    let number = match value {
        Value::Number(n) if wanted.ends_with(char::is_numeric) => format!(" {n}"),
        _ => String::new(),
    };
    Mistake(format!("json: cannot unmarshal {}{number} into Go {of}{wanted}", kind(value)))
}

/// Null is an object without fields.
pub(super) fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Mistake> {
    if value.is_null() {
        return Ok(&NOTHING);
    }
    value.as_object().ok_or_else(|| wrong(value, name, "struct"))
}

/// Null is a list of nothing.
pub(super) fn array(value: &Value) -> Result<&[Value], Mistake> {
    if value.is_null() {
        return Ok(&[]);
    }
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(value, "", "value of type []struct"))
}

/// No field but these, in any case: for bodies of ours, where a typo must not do something else.
pub(super) fn only(given: &Map<String, Value>, names: &[&str]) -> Result<(), Mistake> {
    let known = |key: &&String| names.iter().any(|name| name.eq_ignore_ascii_case(key));
    match given.keys().find(|key| !known(key)) {
        Some(key) => Err(Mistake(format!("unknown field {key:?}, expected {}", names.join(", ")))),
        None => Ok(()),
    }
}

/// The value under a name, in any case; null is as good as none.
pub(super) fn get<'a>(given: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = given
        .get(name)
        .or_else(|| given.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !value.is_null())
}

fn take<'a, T>(
    given: &'a Map<String, Value>,
    name: &str,
    wanted: &str,
    of: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, Mistake> {
    let Some(value) = get(given, name) else { return Ok(None) };
    of(value).map(Some).ok_or_else(|| wrong(value, name, wanted))
}

pub(super) fn text<'a>(given: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Mistake> {
    take(given, name, "string", Value::as_str)
}

pub(super) fn flag(given: &Map<String, Value>, name: &str) -> Result<Option<bool>, Mistake> {
    take(given, name, "bool", Value::as_bool)
}

pub(super) fn integer(given: &Map<String, Value>, name: &str) -> Result<Option<i64>, Mistake> {
    take(given, name, "int64", Value::as_i64)
}

pub(super) fn fraction(given: &Map<String, Value>, name: &str) -> Result<Option<f32>, Mistake> {
    take(given, name, "float32", |v| v.as_f64().map(|f| f as f32).filter(|f| f.is_finite()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Mistake, first, flag, integer, text};

    fn mistake(body: &str) -> String {
        first(body.as_bytes()).unwrap_err().0
    }

    #[test]
    fn mistakes_have_their_known_words() {
        assert_eq!(mistake(""), "EOF");
        assert_eq!(mistake("{\"name\":"), "unexpected EOF");
        assert_eq!(mistake("{\"name\": x}"), "invalid character 'x' looking for beginning of value");
        assert_eq!(first(b"{} trailing"), Ok(json!({})));
    }

    #[test]
    fn mistakes_are_named_as_go_names_them() {
        let told = [
            ("{\"a\" 1}", "'1' after object key"),
            ("{\"a\":1 \"b\"", "'\"' after object key:value pair"),
            ("{\"a\":1,}", "'}' looking for beginning of object key string"),
            ("{a:1}", "'a' looking for beginning of object key string"),
            ("[1 2]", "'2' after array element"),
            ("[1,]", "']' looking for beginning of value"),
            ("trux", "'x' in literal true (expecting 'e')"),
            ("{\"a\":nil}", "'i' in literal null (expecting 'u')"),
            ("[-x]", "'x' in numeric literal"),
            ("[1.x]", "'x' after decimal point in numeric literal"),
            ("[1e+]", "']' in exponent of numeric literal"),
            ("[\"\\q\"]", "'q' in string escape code"),
            ("[\"\\u12g4\"]", "'g' in \\u hexadecimal character escape"),
            ("[\"a\nb\"]", "'\\n' in string literal"),
            ("'a'", "'\\'' looking for beginning of value"),
            ("\u{e4}", "'\u{c3}' looking for beginning of value"),
        ];
        for (body, words) in told {
            assert_eq!(mistake(body), format!("invalid character {words}"), "{body}");
        }
        for body in ["{", "[1,", "\"abc", "{\"a\":tr", "[-"] {
            assert_eq!(mistake(body), "unexpected EOF", "{body}");
        }
        assert_eq!(mistake("  \n"), "EOF");
    }

    #[test]
    fn null_is_an_empty_object_and_a_list_of_nothing() {
        assert!(super::object(&json!(null), "").unwrap().is_empty());
        assert!(super::array(&json!(null)).unwrap().is_empty());
        assert!(super::object(&json!([]), "").is_err());
    }

    #[test]
    fn a_number_that_no_float_holds_is_refused() {
        let body = json!({"toxicity": 1e39, "name": 5});
        let body = body.as_object().unwrap();
        // Our parser's spelling of the number, not the body's.
        let words = "json: cannot unmarshal number 1e+39 into Go field toxicity of type float32";
        assert_eq!(super::fraction(body, "toxicity"), Err(Mistake(words.to_owned())));
        // Go names the number only where a number was wanted.
        let words = "json: cannot unmarshal number into Go field name of type string";
        assert_eq!(text(body, "name"), Err(Mistake(words.to_owned())));
    }

    #[test]
    fn names_come_in_any_case_and_null_is_none() {
        let body = json!({"Name": "a", "enabled": null, "rate": 1.5});
        let body = body.as_object().unwrap();
        assert_eq!(text(body, "name"), Ok(Some("a")));
        assert_eq!(flag(body, "enabled"), Ok(None));
        let words = "json: cannot unmarshal number 1.5 into Go field rate of type int64";
        assert_eq!(integer(body, "rate"), Err(Mistake(words.to_owned())));
    }
}
