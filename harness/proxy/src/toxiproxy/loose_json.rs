//! Bodies as Toxiproxy reads them: the first JSON value counts, names in any case, null is not given, unknown names are
//! passed over. The mistakes are worded as its users know them. Knows no routes.

use serde_json::{Deserializer, Map, Value, error::Category};

/// What is wrong with a body, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake(pub(super) String);

/// The first value of a body.
pub(super) fn first(body: &[u8]) -> Result<Value, Mistake> {
    match Deserializer::from_slice(body).into_iter::<Value>().next() {
        None => Err(Mistake("EOF".to_owned())),
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) if error.classify() == Category::Eof => Err(Mistake("unexpected EOF".to_owned())),
        Some(Err(error)) => Err(Mistake(syntax(body, &error))),
    }
}

/// Names the character, as far as the position that the parser gives goes.
fn syntax(body: &[u8], error: &serde_json::Error) -> String {
    let line = body.split(|b| *b == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    match line.get(error.column().saturating_sub(1)) {
        Some(byte) if byte.is_ascii_graphic() || *byte == b' ' => {
            format!("invalid character '{}' looking for beginning of value", char::from(*byte))
        }
        _ => error.to_string(),
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

fn wrong(value: &Value, name: &str, wanted: &str) -> Mistake {
    let of = if name.is_empty() { String::new() } else { format!("field {name} of type ") };
    let number = if let Value::Number(n) = value { format!(" {n}") } else { String::new() };
    Mistake(format!("json: cannot unmarshal {}{number} into Go {of}{wanted}", kind(value)))
}

pub(super) fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Mistake> {
    value.as_object().ok_or_else(|| wrong(value, name, "struct"))
}

pub(super) fn array(value: &Value) -> Result<&[Value], Mistake> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(value, "", "value of type []struct"))
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
    take(given, name, "float32", |v| v.as_f64().map(|f| f as f32))
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
    fn names_come_in_any_case_and_null_is_none() {
        let body = json!({"Name": "a", "enabled": null, "rate": 1.5});
        let body = body.as_object().unwrap();
        assert_eq!(text(body, "name"), Ok(Some("a")));
        assert_eq!(flag(body, "enabled"), Ok(None));
        let words = "json: cannot unmarshal number 1.5 into Go field rate of type int64";
        assert_eq!(integer(body, "rate"), Err(Mistake(words.to_owned())));
    }
}
