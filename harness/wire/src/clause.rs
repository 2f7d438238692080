//! What decoding can find broken, by its clause in each version. What breaks it is said where the bytes are read.

use deadzone_spec::{ClauseId, Pair, numbered, pair};

use crate::Version;

/// One rule that a single packet can break, under the number that each version gives it.
/// A version without a number has an id of ours; a version without the rule has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    v31: Option<ClauseId>,
    later: Pair,
}

impl Rule {
    /// The id in this version, `None` where the rule does not exist there.
    pub(crate) fn id(&self, version: Version) -> Option<ClauseId> {
        match version {
            Version::V31 => self.v31,
            later => self.later.of(later),
        }
    }
}

macro_rules! rules {
    ($($name:ident: $v31:tt $v311:tt $v5:tt;)*) => {
        $(pub(crate) const $name: Rule = Rule { v31: numbered!("3.1/", $v31), later: pair!($v311, $v5) };)*
        /// All of them.
        pub(crate) const ALL: &[Rule] = &[$($name),*];
    };
}

// Columns: 3.1, 3.1.1, 5.0; `-` where a version has no such rule. What each asks for is in the table of clauses.
// MQTT 3.1 has no numbered statements, and calls many bits "not used", which forbids nothing.
rules! {
    FLAGS: "DZ-fixed-header-flags" "MQTT-2.2.2-1" "MQTT-2.1.3-1";
    PUBREL_FLAGS: - "MQTT-3.6.1-1" "MQTT-3.6.1-1";
    SUBSCRIBE_FLAGS: - "MQTT-3.8.1-1" "MQTT-3.8.1-1";
    UNSUBSCRIBE_FLAGS: - "MQTT-3.10.1-1" "MQTT-3.10.1-1";
    DISCONNECT_FLAGS: - "MQTT-3.14.1-1" "MQTT-3.14.1-1";
    AUTH_FLAGS: - - "MQTT-3.15.1-1";
    NON_MINIMAL: - - "MQTT-1.5.5-1";
    OVERLONG: - - "DZ-overlong-varint";
    LENGTH_LIE: "DZ-remaining-length" "DZ-remaining-length" "DZ-remaining-length";
    FORBIDDEN_TYPE: "DZ-forbidden-type" "DZ-forbidden-type" "DZ-forbidden-type";
    WRONG_SENDER: "DZ-wrong-sender" "DZ-wrong-sender" "DZ-wrong-sender";
    TRUNCATED: "DZ-truncated" "DZ-truncated" "DZ-truncated";
    TRAILING: "DZ-trailing-bytes" "DZ-trailing-bytes" "DZ-trailing-bytes";
    NO_PROPERTY_LENGTH: - - "MQTT-2.2.2-1";

    UTF8: "DZ-ill-formed-utf8" "MQTT-1.5.3-1" "MQTT-1.5.4-1";
    NUL: - "MQTT-1.5.3-2" "MQTT-1.5.4-2";
    NUL_IN_TOPIC: "DZ-nul-in-topic" - -;
    PAIR: - - "MQTT-1.5.7-1";

    ZERO_ID: "DZ-zero-packet-id" "MQTT-2.3.1-1" "MQTT-2.2.1-3";
    ZERO_ID_OF_SERVER: "DZ-zero-packet-id-of-server" "MQTT-2.3.1-1" "MQTT-2.2.1-4";
    ZERO_ID_IN_ANSWER: "DZ-zero-id-in-answer" "DZ-zero-id-in-answer" "DZ-zero-id-in-answer";

    QOS3: "DZ-publish-qos3" "MQTT-3.3.1-4" "MQTT-3.3.1-4";
    QOS0_DUP: - "MQTT-3.3.1-2" "MQTT-3.3.1-2";
    PUBLISH_WILDCARD: "DZ-wildcard-in-publish" "MQTT-3.3.2-2" "MQTT-3.3.2-2";
    NAME_WILDCARD: "DZ-wildcard-in-topic-name" "MQTT-4.7.1-1" "MQTT-4.7.0-1";
    RESPONSE_WILDCARD: - - "MQTT-3.3.2-14";
    EMPTY_TOPIC: "DZ-empty-topic" "MQTT-4.7.3-1" "MQTT-4.7.3-1";
    HASH: "DZ-filter-hash" "MQTT-4.7.1-2" "MQTT-4.7.1-1";
    PLUS: "DZ-filter-plus" "MQTT-4.7.1-3" "MQTT-4.7.1-2";
    SHARE_NAME: - - "MQTT-4.8.2-1";
    SHARE_FILTER: - - "MQTT-4.8.2-2";
    SHARE_NO_LOCAL: - - "MQTT-3.8.3-4";
    OPTION_BITS: - "MQTT-3.8.3-4" "MQTT-3.8.3-5";
    OPTION_QOS3: "DZ-subscription-qos3" "MQTT-3.8.3-4" "DZ-subscription-qos3";
    RETAIN_HANDLING: - - "DZ-retain-handling";
    EMPTY_SUBSCRIBE: "DZ-empty-subscribe" "MQTT-3.8.3-3" "MQTT-3.8.3-2";
    EMPTY_UNSUBSCRIBE: "DZ-empty-unsubscribe" "MQTT-3.10.3-2" "MQTT-3.10.3-2";
    NO_CODES: "DZ-no-codes" "DZ-no-codes" "DZ-no-codes";

    PROTOCOL_NAME: "DZ-protocol-name" "MQTT-3.1.2-1" "MQTT-3.1.2-1";
    PROTOCOL_LEVEL: "DZ-protocol-level" "MQTT-3.1.2-2" "MQTT-3.1.2-2";
    CONNECT_RESERVED: - "MQTT-3.1.2-3" "MQTT-3.1.2-3";
    WILL_QOS3: "DZ-will-qos3" "MQTT-3.1.2-14" "MQTT-3.1.2-12";
    WILL_QOS: - "MQTT-3.1.2-13" "MQTT-3.1.2-11";
    WILL_RETAIN: - "MQTT-3.1.2-15" "MQTT-3.1.2-13";
    WILL_ABSENT: "DZ-will-absent" "MQTT-3.1.2-9" "MQTT-3.1.2-9";
    USERNAME_ABSENT: - "MQTT-3.1.2-19" "MQTT-3.1.2-17";
    PASSWORD_ABSENT: - "MQTT-3.1.2-21" "MQTT-3.1.2-19";
    PASSWORD_ALONE: "DZ-password-alone" "MQTT-3.1.2-22" -;
    EMPTY_ID_UNCLEAN: - "MQTT-3.1.3-7" -;
    CLIENT_ID_LENGTH: "DZ-client-id-length" - -;

    CONNACK_FLAGS: - "DZ-connack-flags" "MQTT-3.2.2-1";
    REFUSED_SESSION: - "MQTT-3.2.2-4" "MQTT-3.2.2-6";
    CONNACK_CODE: "DZ-connack-code" "MQTT-3.2.2-6" "MQTT-3.2.2-8";
    PUBACK_CODE: - - "MQTT-3.4.2-1";
    PUBREC_CODE: - - "MQTT-3.5.2-1";
    PUBREL_CODE: - - "MQTT-3.6.2-1";
    PUBCOMP_CODE: - - "MQTT-3.7.2-1";
    SUBACK_CODE: "DZ-suback-code" "MQTT-3.9.3-2" "MQTT-3.9.3-2";
    UNSUBACK_CODE: - - "MQTT-3.11.3-2";
    DISCONNECT_CODE: - - "MQTT-3.14.2-1";
    AUTH_CODE: - - "MQTT-3.15.2-1";
    REASON_OF_OTHER: - - "DZ-reason-of-other-party";

    UNKNOWN_PROPERTY: - - "DZ-unknown-property";
    FOREIGN_PROPERTY: - - "DZ-property-not-allowed";
    REPEATED_PROPERTY: - - "DZ-repeated-property";
    PROPERTY_RANGE: - - "DZ-property-range";
    ALIAS_ZERO: - - "MQTT-3.3.2-8";
    CLIENT_SUB_ID: - - "MQTT-3.3.4-6";
    SERVER_EXPIRY: - - "MQTT-3.14.2-2";
    DATA_WITHOUT_METHOD: - - "DZ-authentication-data-alone";
    AUTH_WITHOUT_METHOD: - - "DZ-authentication-method-absent";
}

#[cfg(test)]
mod tests {
    use deadzone_spec::Reaction;

    use super::{ALL, ClauseId, Version};

    /// 3.1.1 has a server close on whatever a packet alone shows; only what it need not look at is graded.
    #[test]
    fn what_a_client_breaks_in_3_1_1_is_closed_on() {
        let of_client = ALL.iter().filter_map(|rule| rule.id(Version::V311)).filter(|id| id.binds_client());
        let closes = |reaction| matches!(reaction, Reaction::Close(_) | Reaction::Refuse(_));
        let mut open: Vec<&str> =
            of_client.filter(|id| !closes(id.clause().reaction)).map(ClauseId::as_str).collect();
        open.sort_unstable();
        assert_eq!(open, ["3.1.1/DZ-wrong-sender", "3.1.1/DZ-zero-id-in-answer", "3.1.1/MQTT-3.3.1-2"]);
    }
}
