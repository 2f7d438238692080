//! Matching topic names against filters (3.1.1 §4.7, 5.0 §4.7 and §4.8.2), over bytes.

/// A Topic Filter, taken apart as far as matching needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Filter {
    /// The filter without `$share/NAME/`.
    plain: Vec<u8>,
    /// It is one of a shared subscription.
    pub(crate) shared: bool,
    /// The share name: with the filter it names the group.
    name: Vec<u8>,
}

impl Filter {
    pub(crate) fn new(text: &[u8]) -> Self {
        let share = text.strip_prefix(b"$share/").and_then(|rest| {
            let slash = rest.iter().position(|b| *b == b'/')?;
            Some((rest.get(..slash)?, rest.get(slash + 1..)?))
        });
        match share {
            Some((name, plain)) => Self { plain: plain.to_vec(), shared: true, name: name.to_vec() },
            None => Self { plain: text.to_vec(), shared: false, name: Vec::new() },
        }
    }

    pub(crate) fn matches(&self, topic: &[u8]) -> bool {
        if topic.starts_with(b"$") && matches!(self.plain.first(), Some(b'+' | b'#')) {
            return false;
        }
        let mut levels = topic.split(|b| *b == b'/');
        for part in self.plain.split(|b| *b == b'/') {
            if part == b"#" {
                return true;
            }
            match levels.next() {
                Some(level) if part == b"+" || part == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn follows_the_tables_of_the_standard() {
        let cases: [(&str, &str, bool); 13] = [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/#", "sport", true),
            ("#", "a/b", true),
            ("#", "$SYS/x", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/monitor", true),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("+", "/finance", false),
            ("a/b", "a/B", false),
            ("$share/g/a/+", "a/b", true),
        ];
        for (filter, topic, wanted) in cases {
            assert_eq!(Filter::new(filter.as_bytes()).matches(topic.as_bytes()), wanted, "{filter} {topic}");
        }
    }
}
