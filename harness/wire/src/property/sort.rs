//! What sort of value each property has, and the word by which scenario text names it (5.0 §2.2.2.2, table 2-4).

use super::PropertyId;

/// The sort of a property's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertySort {
    /// One byte.
    Byte,
    /// Two Byte Integer.
    U16,
    /// Four Byte Integer.
    U32,
    /// Variable Byte Integer.
    Var,
    /// Binary Data.
    Binary,
    /// UTF-8 Encoded String.
    Text,
    /// UTF-8 String Pair.
    Pair,
}

/// Each property: its sort, its word, and its word as a property of a will.
macro_rules! table {
    ($($id:ident $sort:ident $word:literal $of_will:literal;)*) => {
        impl PropertyId {
            /// The sort of its value.
            pub fn sort(self) -> PropertySort {
                match self { $(Self::$id => PropertySort::$sort,)* }
            }

            /// The word in scenario text: `receive_max`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$id => $word,)* }
            }

            /// The word of the same property of a will: `will_content_type`.
            pub fn will_word(self) -> &'static str {
                match self { $(Self::$id => $of_will,)* }
            }
        }
    };
}

table! {
    PayloadFormatIndicator Byte "format" "will_format";
    MessageExpiryInterval U32 "message_expiry" "will_message_expiry";
    ContentType Text "content_type" "will_content_type";
    ResponseTopic Text "response_topic" "will_response_topic";
    CorrelationData Binary "correlation_data" "will_correlation_data";
    SubscriptionIdentifier Var "sub_id" "will_sub_id";
    SessionExpiryInterval U32 "expiry" "will_expiry";
    AssignedClientIdentifier Text "assigned_id" "will_assigned_id";
    ServerKeepAlive U16 "server_keepalive" "will_server_keepalive";
    AuthenticationMethod Text "auth_method" "will_auth_method";
    AuthenticationData Binary "auth_data" "will_auth_data";
    RequestProblemInformation Byte "request_problem" "will_request_problem";
    WillDelayInterval U32 "delay" "will_delay";
    RequestResponseInformation Byte "request_response" "will_request_response";
    ResponseInformation Text "response_info" "will_response_info";
    ServerReference Text "server_reference" "will_server_reference";
    ReasonString Text "reason_string" "will_reason_string";
    ReceiveMaximum U16 "receive_max" "will_receive_max";
    TopicAliasMaximum U16 "topic_alias_max" "will_topic_alias_max";
    TopicAlias U16 "topic_alias" "will_topic_alias";
    MaximumQos Byte "max_qos" "will_max_qos";
    RetainAvailable Byte "retain_available" "will_retain_available";
    UserProperty Pair "user_property" "will_user_property";
    MaximumPacketSize U32 "max_packet" "will_max_packet";
    WildcardSubscriptionAvailable Byte "wildcard_available" "will_wildcard_available";
    SubscriptionIdentifierAvailable Byte "sub_id_available" "will_sub_id_available";
    SharedSubscriptionAvailable Byte "shared_available" "will_shared_available";
}
