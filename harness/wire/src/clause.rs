//! Every clause that decoding can name, in each version, and the sentences behind the ids of our own (`DZ-…`).
//!
//! Knows ids only: what breaks them is said where the bytes are read.

use crate::Version;

/// One rule that a single packet can break, under the number that each version gives it.
/// A version without a number has an id of ours; a version without the rule has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clause {
    ids: [Option<&'static str>; 3],
    meaning: &'static str,
}

impl Clause {
    /// The id in this version, `None` where the rule does not exist there.
    pub(crate) fn id(&self, version: Version) -> Option<&'static str> {
        match version {
            Version::V31 => self.ids[0],
            Version::V311 => self.ids[1],
            Version::V5 => self.ids[2],
        }
    }
}

/// Every id that decoding can report, in no particular order; several rules may share one.
pub fn clauses() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|c| c.ids.into_iter().flatten())
}

/// The ids of our own that decoding can report, each with one sentence that says what the rule is.
pub fn own_clauses() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter()
        .flat_map(|c| c.ids.into_iter().flatten().map(|id| (id, c.meaning.trim())))
        .filter(|(id, _)| id.contains("/DZ-"))
}

macro_rules! id {
    ($version:literal, -) => {
        None
    };
    ($version:literal, $number:literal) => {
        Some(concat!($version, "/", $number))
    };
}

macro_rules! clauses {
    ($(#[doc = $meaning:literal] $name:ident: $v31:tt $v311:tt $v5:tt;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) const $name: Clause = Clause {
                ids: [id!("3.1", $v31), id!("3.1.1", $v311), id!("5.0", $v5)],
                meaning: $meaning,
            };
        )*
        const ALL: &[Clause] = &[$($name),*];
    };
}

// Columns: 3.1, 3.1.1, 5.0. MQTT 3.1 has no numbered statements, and calls many bits "not used", which forbids nothing.
clauses! {
    /// Reserved bits of the fixed header carry the listed value; in 3.1 PUBREL, SUBSCRIBE and UNSUBSCRIBE say QoS 1.
    FLAGS: "DZ-fixed-header-flags" "MQTT-2.2.2-1" "MQTT-2.1.3-1";
    /// PUBREL has the flags 0010.
    PUBREL_FLAGS: - "MQTT-3.6.1-1" "MQTT-3.6.1-1";
    /// SUBSCRIBE has the flags 0010.
    SUBSCRIBE_FLAGS: - "MQTT-3.8.1-1" "MQTT-3.8.1-1";
    /// UNSUBSCRIBE has the flags 0010.
    UNSUBSCRIBE_FLAGS: - "MQTT-3.10.1-1" "MQTT-3.10.1-1";
    /// AUTH has the flags 0000.
    AUTH_FLAGS: - - "MQTT-3.15.1-1";
    /// A Variable Byte Integer uses the fewest bytes; before 5.0 the text does not ask for it.
    NON_MINIMAL: - - "MQTT-1.5.5-1";
    /// A Variable Byte Integer is at most four bytes long.
    OVERLONG: - - "DZ-overlong-varint";
    /// The Remaining Length is the number of bytes that follow it.
    LENGTH_LIE: "DZ-remaining-length" "DZ-remaining-length" "DZ-remaining-length";
    /// Packet type 0 is forbidden, and so is type 15 before 5.0.
    FORBIDDEN_TYPE: "DZ-forbidden-type" "DZ-forbidden-type" "DZ-forbidden-type";
    /// A packet type that flows in one direction only is sent by the party that the table of types names.
    WRONG_SENDER: "DZ-wrong-sender" "DZ-wrong-sender" "DZ-wrong-sender";
    /// No field runs past the end of its packet or of its property list.
    TRUNCATED: "DZ-truncated" "DZ-truncated" "DZ-truncated";
    /// Nothing follows the last field of a packet.
    TRAILING: "DZ-trailing-bytes" "DZ-trailing-bytes" "DZ-trailing-bytes";
    /// Without properties a zero Property Length is written, except in the short forms.
    NO_PROPERTY_LENGTH: - - "MQTT-2.2.2-1";

    /// A string is well-formed UTF-8, without surrogates.
    UTF8: "DZ-ill-formed-utf8" "MQTT-1.5.3-1" "MQTT-1.5.4-1";
    /// A string holds no U+0000.
    NUL: - "MQTT-1.5.3-2" "MQTT-1.5.4-2";
    /// A topic holds no U+0000; 3.1 says so of topics only.
    NUL_IN_TOPIC: "DZ-nul-in-topic" - -;
    /// Both strings of a pair are well-formed and hold no U+0000.
    PAIR: - - "MQTT-1.5.7-1";

    /// A request's Packet Identifier is not 0.
    ZERO_ID: "DZ-zero-packet-id" "MQTT-2.3.1-1" "MQTT-2.2.1-3";
    /// A server's PUBLISH above QoS 0 has a Packet Identifier other than 0.
    ZERO_ID_OF_SERVER: "DZ-zero-packet-id-of-server" "MQTT-2.3.1-1" "MQTT-2.2.1-4";
    /// No exchange can have the Packet Identifier 0, so an answer that carries it answers nothing.
    ZERO_ID_IN_ANSWER: "DZ-zero-id-in-answer" "DZ-zero-id-in-answer" "DZ-zero-id-in-answer";

    /// QoS 3 is forbidden in PUBLISH.
    QOS3: "DZ-publish-qos3" "MQTT-3.3.1-4" "MQTT-3.3.1-4";
    /// A QoS 0 PUBLISH has DUP 0.
    QOS0_DUP: - "MQTT-3.3.1-2" "MQTT-3.3.1-2";
    /// A Topic Name in PUBLISH holds no wildcard.
    PUBLISH_WILDCARD: "DZ-wildcard-in-publish" "MQTT-3.3.2-2" "MQTT-3.3.2-2";
    /// A Topic Name anywhere holds no wildcard.
    NAME_WILDCARD: "DZ-wildcard-in-topic-name" "MQTT-4.7.1-1" "MQTT-4.7.0-1";
    /// A Response Topic holds no wildcard.
    RESPONSE_WILDCARD: - - "MQTT-3.3.2-14";
    /// Topic Names and Topic Filters are at least one character long.
    EMPTY_TOPIC: "DZ-empty-topic" "MQTT-4.7.3-1" "MQTT-4.7.3-1";
    /// In a filter `#` stands alone or behind a separator, and last.
    HASH: "DZ-filter-hash" "MQTT-4.7.1-2" "MQTT-4.7.1-1";
    /// In a filter `+` fills a whole level.
    PLUS: "DZ-filter-plus" "MQTT-4.7.1-3" "MQTT-4.7.1-2";
    /// Behind `$share/` comes a share name of at least one character.
    SHARE_NAME: - - "MQTT-4.8.2-1";
    /// A share name holds no `/`, `+` or `#` and is followed by `/` and a filter.
    SHARE_FILTER: - - "MQTT-4.8.2-2";
    /// No Local is not set on a shared subscription.
    SHARE_NO_LOCAL: - - "MQTT-3.8.3-4";
    /// Reserved bits of the options byte are 0; 3.1.1 has QoS 3 under the same number.
    OPTION_BITS: - "MQTT-3.8.3-4" "MQTT-3.8.3-5";
    /// A subscription asks for QoS 0, 1 or 2.
    OPTION_QOS3: "DZ-subscription-qos3" "MQTT-3.8.3-4" "DZ-subscription-qos3";
    /// Retain Handling is 0, 1 or 2.
    RETAIN_HANDLING: - - "DZ-retain-handling";
    /// SUBSCRIBE holds at least one filter.
    EMPTY_SUBSCRIBE: "DZ-empty-subscribe" "MQTT-3.8.3-3" "MQTT-3.8.3-2";
    /// UNSUBSCRIBE holds at least one filter.
    EMPTY_UNSUBSCRIBE: "DZ-empty-unsubscribe" "MQTT-3.10.3-2" "MQTT-3.10.3-2";
    /// SUBACK, and UNSUBACK in 5.0, answers at least one filter, so it holds at least one code.
    NO_CODES: "DZ-no-codes" "DZ-no-codes" "DZ-no-codes";

    /// The Protocol Name is the one of the level.
    PROTOCOL_NAME: "DZ-protocol-name" "MQTT-3.1.2-1" "MQTT-3.1.2-1";
    /// The Protocol Level is 3, 4 or 5.
    PROTOCOL_LEVEL: "DZ-protocol-level" "MQTT-3.1.2-2" "MQTT-3.1.2-2";
    /// The reserved bit of the Connect Flags is 0.
    CONNECT_RESERVED: - "MQTT-3.1.2-3" "MQTT-3.1.2-3";
    /// Will QoS is 0, 1 or 2.
    WILL_QOS3: "DZ-will-qos3" "MQTT-3.1.2-14" "MQTT-3.1.2-12";
    /// Without a will, Will QoS is 0.
    WILL_QOS: - "MQTT-3.1.2-13" "MQTT-3.1.2-11";
    /// Without a will, Will Retain is 0.
    WILL_RETAIN: - "MQTT-3.1.2-15" "MQTT-3.1.2-13";
    /// With the Will Flag the payload holds the will's fields.
    WILL_ABSENT: "DZ-will-absent" "MQTT-3.1.2-9" "MQTT-3.1.2-9";
    /// With the User Name Flag the payload holds a User Name; 3.1 lets it be left out.
    USERNAME_ABSENT: - "MQTT-3.1.2-19" "MQTT-3.1.2-17";
    /// With the Password Flag the payload holds a Password; 3.1 lets it be left out.
    PASSWORD_ABSENT: - "MQTT-3.1.2-21" "MQTT-3.1.2-19";
    /// A Password comes with a User Name; 5.0 lifted this.
    PASSWORD_ALONE: "DZ-password-alone" "MQTT-3.1.2-22" -;
    /// An empty Client Identifier calls for Clean Session 1.
    EMPTY_ID_UNCLEAN: - "MQTT-3.1.3-7" -;
    /// The Client Identifier of 3.1 is 1 to 23 characters long.
    CLIENT_ID_LENGTH: "DZ-client-id-length" - -;

    /// Bits 7 to 1 of the Connect Acknowledge Flags are 0.
    CONNACK_FLAGS: - "DZ-connack-flags" "MQTT-3.2.2-1";
    /// A refusing CONNACK has Session Present 0.
    REFUSED_SESSION: - "MQTT-3.2.2-4" "MQTT-3.2.2-6";
    /// A CONNACK code is one of the listed.
    CONNACK_CODE: "DZ-connack-code" "DZ-connack-code" "MQTT-3.2.2-8";
    /// A PUBACK code is one of the listed.
    PUBACK_CODE: - - "MQTT-3.4.2-1";
    /// A PUBREC code is one of the listed.
    PUBREC_CODE: - - "MQTT-3.5.2-1";
    /// A PUBREL code is one of the listed.
    PUBREL_CODE: - - "MQTT-3.6.2-1";
    /// A PUBCOMP code is one of the listed.
    PUBCOMP_CODE: - - "MQTT-3.7.2-1";
    /// A SUBACK code is one of the listed.
    SUBACK_CODE: "DZ-suback-code" "MQTT-3.9.3-2" "MQTT-3.9.3-2";
    /// An UNSUBACK code is one of the listed.
    UNSUBACK_CODE: - - "MQTT-3.11.3-2";
    /// A DISCONNECT code is one of the listed.
    DISCONNECT_CODE: - - "MQTT-3.14.2-1";
    /// An AUTH code is one of the listed.
    AUTH_CODE: - - "MQTT-3.15.2-1";
    /// A Reason Code that the table gives to one party is sent by that party.
    REASON_OF_OTHER: - - "DZ-reason-of-other-party";

    /// A property identifier is one of the listed.
    UNKNOWN_PROPERTY: - - "DZ-unknown-property";
    /// A property stands only in the packets that the table of properties names.
    FOREIGN_PROPERTY: - - "DZ-property-not-allowed";
    /// A property is given once, except User Property, and Subscription Identifier in a server's PUBLISH.
    REPEATED_PROPERTY: - - "DZ-repeated-property";
    /// A property's value is in the range that its section gives.
    PROPERTY_RANGE: - - "DZ-property-range";
    /// Topic Alias 0 is never sent.
    ALIAS_ZERO: - - "MQTT-3.3.2-8";
    /// A client's PUBLISH holds no Subscription Identifier.
    CLIENT_SUB_ID: - - "MQTT-3.3.4-6";
    /// A server's DISCONNECT holds no Session Expiry Interval.
    SERVER_EXPIRY: - - "MQTT-3.14.2-2";
    /// Authentication Data comes with an Authentication Method.
    DATA_WITHOUT_METHOD: - - "DZ-authentication-data-alone";
    /// AUTH with properties names the Authentication Method.
    AUTH_WITHOUT_METHOD: - - "DZ-authentication-method-absent";
}
