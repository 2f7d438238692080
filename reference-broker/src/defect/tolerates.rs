//! Defects of brokers that overlook a breach of the form of packets, one for each statement. What is overlooked is whatever decoding
//! reports under the clauses of the row; the packet is then taken as far as it can be read. Where a statement binds the client alone, what the
//! broker breaks stands beside it.

/// Hands rows on to the first of the tables behind it, with its own behind them.
macro_rules! with_tolerant_defects {
    ([$next:ident $($more:ident)*] $($rows:tt)*) => {
        $next! {
            [$($more)*]
            $($rows)*
            ToleratesNonMinimalLength "tolerates-non-minimal-length"
                "takes a Remaining Length in more bytes than it needs"
                ["5.0/MQTT-1.5.5-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesForbiddenType "tolerates-forbidden-type"
                "passes over a packet of a type that does not exist"
                ["3.1.1/DZ-forbidden-type" "5.0/DZ-forbidden-type"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWrongSender "tolerates-wrong-sender"
                "passes over a packet that only a server sends"
                ["3.1.1/DZ-wrong-sender" "5.0/DZ-wrong-sender"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesTrailingBytes "tolerates-trailing-bytes"
                "takes a packet with bytes behind its last field"
                ["3.1.1/DZ-trailing-bytes" "5.0/DZ-trailing-bytes"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesTruncated "tolerates-truncated"
                "passes over a packet whose fields do not end where it ends"
                ["3.1.1/DZ-truncated" "5.0/DZ-truncated" "3.1.1/DZ-trailing-bytes" "5.0/DZ-trailing-bytes"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesIllFormedUtf8 "tolerates-ill-formed-utf8"
                "takes a packet with a text that is no UTF-8"
                ["3.1.1/MQTT-1.5.3-1" "5.0/MQTT-1.5.4-1"]
                "https://github.com/halfgaar/FlashMQ/issues/103";
            ToleratesNul "tolerates-nul"
                "takes a packet with U+0000 in a text"
                ["3.1.1/MQTT-1.5.3-2" "5.0/MQTT-1.5.4-2"]
                "https://github.com/halfgaar/FlashMQ/issues/103";
            ToleratesIllFormedPair "tolerates-ill-formed-pair"
                "takes a packet with a User Property that is no UTF-8"
                ["5.0/MQTT-1.5.7-1"]
                "https://github.com/halfgaar/FlashMQ/issues/103";
            ToleratesZeroId "tolerates-zero-id"
                "takes a packet with the Packet Identifier 0"
                ["3.1.1/MQTT-2.3.1-1" "5.0/MQTT-2.2.1-3" "5.0/MQTT-4.13.1-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesZeroIdInAnswer "tolerates-zero-id-in-answer"
                "passes over an acknowledgement of the Packet Identifier 0"
                ["3.1.1/DZ-zero-id-in-answer" "5.0/DZ-zero-id-in-answer"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesQos3 "tolerates-qos3"
                "takes a PUBLISH of QoS 3"
                ["3.1.1/MQTT-3.3.1-4" "5.0/MQTT-3.3.1-4"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWildcardInTopic "tolerates-wildcard-in-topic"
                "takes a PUBLISH to a topic with a wildcard"
                ["3.1.1/MQTT-3.3.2-2" "5.0/MQTT-3.3.2-2"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWildcardInWill "tolerates-wildcard-in-will"
                "takes a will for a topic with a wildcard"
                ["3.1.1/MQTT-4.7.1-1" "5.0/MQTT-4.7.0-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesEmptyTopic "tolerates-empty-topic"
                "takes an empty topic or filter"
                ["3.1.1/MQTT-4.7.3-1" "5.0/MQTT-4.7.3-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesMisplacedHash "tolerates-misplaced-hash"
                "takes a filter whose `#` is not its last level, or not alone in it"
                ["3.1.1/MQTT-4.7.1-2" "5.0/MQTT-4.7.1-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
            ToleratesMisplacedPlus "tolerates-misplaced-plus"
                "takes a filter whose `+` is not alone in its level"
                ["3.1.1/MQTT-4.7.1-3" "5.0/MQTT-4.7.1-2"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
            ToleratesShareName "tolerates-share-name"
                "takes a shared subscription without a name, or with a wildcard in it"
                ["5.0/MQTT-4.8.2-1" "5.0/MQTT-4.13.1-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
            ToleratesShareFilter "tolerates-share-filter"
                "takes a shared subscription without a filter"
                ["5.0/MQTT-4.8.2-2" "5.0/MQTT-4.13.1-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
            ToleratesShareNoLocal "tolerates-share-no-local"
                "takes No Local on a shared subscription"
                ["5.0/MQTT-3.8.3-4" "5.0/MQTT-4.13.1-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
            ToleratesOptionBits "tolerates-option-bits"
                "takes reserved bits in subscription options"
                ["3.1.1/MQTT-3.8.3-4" "5.0/MQTT-3.8.3-5"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesSubscriptionQos3 "tolerates-subscription-qos3"
                "takes a subscription that asks for QoS 3"
                ["3.1.1/MQTT-3.8.3-4" "5.0/DZ-subscription-qos3" "5.0/MQTT-4.13.1-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesRetainHandling3 "tolerates-retain-handling-3"
                "takes Retain Handling 3"
                ["5.0/DZ-retain-handling" "5.0/MQTT-4.13.1-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesEmptySubscribe "tolerates-empty-subscribe"
                "takes a SUBSCRIBE without a filter"
                ["3.1.1/MQTT-3.8.3-3" "5.0/MQTT-3.8.3-2" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesEmptyUnsubscribe "tolerates-empty-unsubscribe"
                "takes an UNSUBSCRIBE without a filter"
                ["3.1.1/MQTT-3.10.3-2" "5.0/MQTT-3.10.3-2" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesProtocolName "tolerates-protocol-name"
                "serves whoever names another protocol"
                ["3.1.1/MQTT-3.1.2-1" "5.0/MQTT-3.1.2-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesConnectReserved "tolerates-connect-reserved"
                "serves a CONNECT with its reserved flag set"
                ["3.1.1/MQTT-3.1.2-3" "5.0/MQTT-3.1.2-3"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWillQos3 "tolerates-will-qos3"
                "serves a CONNECT with a will of QoS 3"
                ["3.1.1/MQTT-3.1.2-14" "5.0/MQTT-3.1.2-12" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWillQosAlone "tolerates-will-qos-alone"
                "serves a CONNECT with a Will QoS and no will"
                ["3.1.1/MQTT-3.1.2-13" "5.0/MQTT-3.1.2-11" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWillRetainAlone "tolerates-will-retain-alone"
                "serves a CONNECT with Will Retain and no will"
                ["3.1.1/MQTT-3.1.2-15" "5.0/MQTT-3.1.2-13" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesWillAbsent "tolerates-will-absent"
                "serves a CONNECT that announces a will and has none"
                ["3.1.1/MQTT-3.1.2-9" "5.0/MQTT-3.1.2-9" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesUserAbsent "tolerates-user-absent"
                "serves a CONNECT that announces a User Name and has none"
                ["3.1.1/MQTT-3.1.2-19" "5.0/MQTT-3.1.2-17" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPasswordAbsent "tolerates-password-absent"
                "serves a CONNECT that announces a Password and has none"
                ["3.1.1/MQTT-3.1.2-21" "5.0/MQTT-3.1.2-19" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPasswordAlone "tolerates-password-alone"
                "serves a CONNECT with a Password and no User Name in 3.1.1"
                ["3.1.1/MQTT-3.1.2-22" "3.1.1/MQTT-4.8.0-1" "3.1.1/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPubackCode "tolerates-puback-code"
                "takes a PUBACK with a code that is not listed"
                ["5.0/MQTT-3.4.2-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPubrecCode "tolerates-pubrec-code"
                "takes a PUBREC with a code that is not listed"
                ["5.0/MQTT-3.5.2-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPubrelCode "tolerates-pubrel-code"
                "takes a PUBREL with a code that is not listed"
                ["5.0/MQTT-3.6.2-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPubcompCode "tolerates-pubcomp-code"
                "takes a PUBCOMP with a code that is not listed"
                ["5.0/MQTT-3.7.2-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesDisconnectCode "tolerates-disconnect-code"
                "ends a connection in order at a DISCONNECT with a code that is not listed"
                ["5.0/MQTT-3.14.2-1" "5.0/MQTT-3.1.2-8"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesAuthCode "tolerates-auth-code"
                "takes an AUTH with a code that is not listed"
                ["5.0/MQTT-3.15.2-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesUnknownProperty "tolerates-unknown-property"
                "takes a packet with a property that does not exist"
                ["5.0/DZ-unknown-property"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesForeignProperty "tolerates-foreign-property"
                "takes a packet with a property that may not stand in it"
                ["5.0/DZ-property-not-allowed"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesRepeatedProperty "tolerates-repeated-property"
                "takes a packet with a property twice that may stand once"
                ["5.0/DZ-repeated-property"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesPropertyRange "tolerates-property-range"
                "takes a packet with a property out of its range"
                ["5.0/DZ-property-range"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesDataWithoutMethod "tolerates-data-without-method"
                "takes Authentication Data without an Authentication Method"
                ["5.0/DZ-authentication-data-alone" "5.0/MQTT-3.1.4-1"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ToleratesAuthWithoutMethod "tolerates-auth-without-method"
                "takes an AUTH without an Authentication Method"
                ["5.0/DZ-authentication-method-absent"]
                "https://github.com/nanomq/nanomq/issues/2336";
        }
    };
}
