//! The statements that rules hold a broker to, by their number in each version. Knows ids only.

use deadzone_spec::{Pair, pair};

use super::{
    after_the_end, connack_properties, content, expiry, identifiers, optional, release_order, resend_order,
    sharing,
};

macro_rules! clauses {
    ($(#[doc = $doc:literal] $name:ident: $v311:tt $v5:tt;)*) => {
        $(#[doc = $doc] pub(crate) const $name: Pair = pair!($v311, $v5);)*
        /// All of them.
        const ALL: &[Pair] = &[$($name),*];
    };
}

clauses! {
    /// The WebSocket subprotocol is `mqtt`.
    SUBPROTOCOL: "MQTT-6.0.0-4" "MQTT-6.0.0-4";
    /// CONNACK comes before anything else, but for AUTH.
    FIRST_CONNACK: "MQTT-3.2.0-1" "MQTT-3.2.0-1";
    /// One CONNACK a connection.
    ONE_CONNACK: "DZ-one-connack" "MQTT-3.2.0-2";
    /// A clean start has no session present.
    CLEAN_HAS_NONE: "MQTT-3.2.2-1" "MQTT-3.2.2-2";
    /// A session that is kept is present.
    SESSION_KEPT: "MQTT-3.2.2-2" "MQTT-3.2.2-3";
    /// A session that is over is not present.
    SESSION_OVER: "MQTT-3.2.2-3" "MQTT-3.2.2-3";
    /// A session is stored while its expiry lasts.
    STORED: "MQTT-3.1.2-4" "MQTT-3.1.2-23";
    /// What is over is dropped, and not used again.
    REUSED: "MQTT-3.1.2-6" "MQTT-4.1.0-2";
    /// A refusal is the last packet.
    REFUSAL_CLOSES: "MQTT-3.2.2-5" "MQTT-3.2.2-7";
    /// DISCONNECT is the last packet.
    DISCONNECT_IS_LAST: - "MQTT-3.14.4-1";
    /// No DISCONNECT before an accepting CONNACK.
    DISCONNECT_TOO_EARLY: - "MQTT-3.14.0-1";
    /// No packet over the client's Maximum Packet Size.
    PACKET_SIZE: - "MQTT-3.1.2-24";
    /// No alias over the client's Topic Alias Maximum.
    ALIAS_MAXIMUM: - "MQTT-3.1.2-26";
    /// The same, said of PUBLISH.
    ALIAS_IN_RANGE: - "MQTT-3.3.2-11";
    /// No alias where the client allows none.
    NO_ALIAS: - "MQTT-3.1.2-27";
    /// An alias means something only on the connection that set it.
    ALIAS_UNKNOWN: - "MQTT-3.3.2-7";
    /// A new PUBLISH takes an id that is not in use.
    ID_IN_USE: "MQTT-2.3.1-4" "MQTT-2.2.1-4";
    /// The same, said of a sender of QoS 1.
    FRESH_AT_QOS_1: "MQTT-4.3.2-1" "MQTT-4.3.2-1";
    /// The same, said of a sender of QoS 2.
    FRESH_AT_QOS_2: "MQTT-4.3.3-1" "MQTT-4.3.3-1";
    /// A redelivered PUBLISH has DUP 1.
    RESENT_WITHOUT_DUP: "MQTT-3.3.1-1" "MQTT-3.3.1-1";
    /// DUP says only whether the server itself sent the message before.
    DUP_AT_FIRST: "MQTT-3.3.1-3" "MQTT-3.3.1-3";
    /// The same, said of a sender of QoS 1.
    DUP_0_AT_QOS_1: "MQTT-4.3.2-1" "MQTT-4.3.2-2";
    /// The same, said of a sender of QoS 2.
    DUP_0_AT_QOS_2: "MQTT-4.3.3-1" "MQTT-4.3.3-2";
    /// A resend keeps its id; in 5.0 there is none on a live connection.
    RESEND: "MQTT-4.4.0-1" "MQTT-4.4.0-1";
    /// In 5.0 nothing is resent on a live connection.
    LIVE_RESEND: - "MQTT-4.4.0-1";
    /// What the receiver refused is not sent again.
    REFUSED: - "MQTT-4.4.0-2";
    /// No PUBLISH again once its PUBREL was sent.
    PUBLISH_AFTER_RELEASE: "MQTT-4.3.3-1" "MQTT-4.3.3-6";
    /// PUBREL answers PUBREC.
    RELEASE_UNASKED: "MQTT-4.3.3-1" "MQTT-4.3.3-4";
    /// An acknowledgement of a message carries the id of its PUBLISH.
    ACK_ID: "MQTT-2.3.1-6" "MQTT-2.2.1-5";
    /// PUBCOMP answers PUBREL.
    PUBCOMP_UNASKED: "MQTT-4.3.3-2" "MQTT-2.2.1-5";
    /// SUBACK and UNSUBACK carry the id of their request.
    REQUEST_ID: "MQTT-2.3.1-7" "MQTT-2.2.1-6";
    /// A PUBLISH is answered as its QoS says.
    ACK_OF_QOS: "MQTT-3.3.4-1" "MQTT-3.3.4-1";
    /// SUBACK has one code for each filter.
    ONE_CODE_EACH: "MQTT-3.8.4-5" "MQTT-3.8.4-6";
    /// UNSUBACK has one code for each filter.
    ONE_UNSUBSCRIBE_CODE_EACH: - "MQTT-3.11.3-1";
    /// A SUBSCRIBE of several filters is answered by one SUBACK.
    ONE_SUBACK: "MQTT-3.8.4-4" "MQTT-3.8.4-5";
    /// An UNSUBSCRIBE of several filters is answered by one UNSUBACK.
    ONE_UNSUBACK: "MQTT-3.10.4-6" "MQTT-3.10.4-6";
    /// No more unacknowledged messages than the client's Receive Maximum.
    RECEIVE_MAXIMUM: - "MQTT-3.3.4-9";
    /// The same, said of the send quota.
    NO_QUOTA: - "MQTT-4.9.0-2";
    /// The topic of a PUBLISH is UTF-8.
    TOPIC_FORM: "MQTT-3.3.2-1" "MQTT-3.3.2-1";
    /// The Response Topic is UTF-8.
    RESPONSE_TOPIC_FORM: - "MQTT-3.3.2-13";
    /// The Content Type is UTF-8.
    CONTENT_TYPE_FORM: - "MQTT-3.3.2-19";
    /// A server that does not take QoS 2 says so in CONNACK.
    MAXIMUM_QOS_TOLD: - "MQTT-3.2.2-9";
    /// What is delivered matches a filter of the subscriber.
    TOPIC: "MQTT-3.3.2-3" "MQTT-3.3.2-3";
    /// Delivered QoS is the lesser of the published and the granted one.
    GRANTED_QOS: "MQTT-3.8.4-6" "MQTT-3.8.4-8";
    /// A Reason Code of SUBACK tells the QoS that was granted.
    GRANT_TOLD: - "MQTT-3.8.4-7";
    /// With overlapping subscriptions the highest of them is respected.
    OVERLAP_QOS: "MQTT-3.3.5-1" "MQTT-3.3.4-2";
    /// RETAIN 0 to an established subscription.
    RETAIN_TO_ESTABLISHED: "MQTT-3.3.1-9" "MQTT-3.3.1-12";
    /// RETAIN as the publisher set it.
    RETAIN_AS_PUBLISHED: - "MQTT-3.3.1-13";
    /// Messages of one publisher, topic and QoS keep their order.
    ORDER: "MQTT-4.6.0-6" "MQTT-4.6.0-5";
    /// A topic is ordered that is not declared otherwise.
    ORDERED_BY_DEFAULT: "MQTT-4.6.0-5" "MQTT-4.6.0-6";
    /// A QoS 2 message goes onward once.
    ONCE: "MQTT-4.3.3-2" "MQTT-4.3.3-10";
    /// After UNSUBACK nothing new is sent by that filter.
    UNSUBSCRIBED: "MQTT-3.10.4-2" "MQTT-3.10.4-2";
    /// Content Type goes on unaltered.
    CONTENT_TYPE: - "MQTT-3.3.2-20";
    /// Response Topic goes on unaltered.
    RESPONSE_TOPIC: - "MQTT-3.3.2-15";
    /// Correlation Data goes on unaltered.
    CORRELATION: - "MQTT-3.3.2-16";
    /// User Properties go on unaltered.
    USER_PROPERTIES: - "MQTT-3.3.2-17";
    /// They keep their order.
    USER_ORDER: - "MQTT-3.3.2-18";
    /// The User Properties of a will go on unaltered, in their order.
    WILL_USER_PROPERTIES: - "MQTT-3.1.3-10";
    /// Payload Format Indicator goes on unaltered.
    FORMAT: - "MQTT-3.3.2-4";
    /// One copy carries all identifiers of the subscriptions that it is for.
    ALL_IDENTIFIERS: - "MQTT-3.3.4-4";
    /// Each copy carries the identifier of its own subscription.
    OWN_IDENTIFIER: - "MQTT-3.3.4-5";
    /// The identifier of a subscription comes with what it brings.
    IDENTIFIER: - "MQTT-3.3.4-3";
    /// No Local keeps a client's own messages from it.
    NO_LOCAL: - "MQTT-3.8.3-3";
    /// An expired message is not delivered.
    EXPIRED: - "MQTT-3.3.2-5";
    /// The interval is reduced by the time of waiting.
    EXPIRY_LEFT: - "MQTT-3.3.2-6";
    /// What may be lost no more is delivered.
    DELIVERY: "MQTT-4.5.0-1" "MQTT-4.5.0-1";
}

/// These and those that stand with their rules: all that rules hold a broker to, but for the format of a packet, whose clauses the
/// decoder names.
pub(crate) fn pairs() -> impl Iterator<Item = Pair> {
    let apart = [
        content::OF_NOBODY,
        content::PUBLISHERS_IDENTIFIER,
        content::NO_IDENTIFIER,
        identifiers::STALE,
        expiry::ADDED,
        sharing::ONE_MEMBER,
        after_the_end::SERVER_DISCONNECT,
        resend_order::RESENT_IN_ORDER,
        release_order::RELEASED_IN_ORDER,
        super::client_id::TAKEN,
    ];
    ALL.iter().copied().chain(apart).chain(connack_properties::ALL).chain(optional::pairs())
}

#[cfg(test)]
mod tests {
    use deadzone_spec::Level;

    use super::ALL;

    #[test]
    fn each_is_a_must_that_binds_the_server() {
        for id in ALL.iter().flat_map(|pair| pair.ids()) {
            assert!(id.binds_server() && id.clause().level == Level::Must, "{id}");
        }
    }
}
